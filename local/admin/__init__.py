"""`parley admin`: tenants, plans, credits, keys and the ledger, of a platform that runs here or in AWS."""
