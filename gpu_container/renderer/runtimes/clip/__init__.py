"""The clip runtime: a filmed person, looped, with the mouth driven."""
