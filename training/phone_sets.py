"""The phones of each speech engine in IPA, as the renderer reads it; "" is a pause."""

from __future__ import annotations

from typing import Final


def _pairs(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


ARPABET: Final = _pairs(
    "aa ɑ ae æ ah ʌ ao ɔ aw aʊ ax ə axr ɚ ay aɪ b b ch tʃ d d dh ð dx ɾ eh ɛ el l em m en n er ɝ ey eɪ f f g ɡ hh h "
    "hv h ih ɪ iy i jh dʒ k k l l m m n n ng ŋ nx n ow oʊ oy ɔɪ p p r ɹ s s sh ʃ t t th θ uh ʊ uw u v v w w y j z z "
    "zh ʒ"
)
ITALIAN: Final = _pairs(
    "i i e e E ɛ a a o o O ɔ u u j j w w p p t t k k b b d d g ɡ f f s s S ʃ v v z z Z ʒ ts ts tS tʃ dz dz dZ dʒ m m "
    "n n J ɲ ng ŋ nf ɱ l l L ʎ r r"
)
CATALAN: Final = _pairs(
    "ax ə a a e e E ɛ i i o o O ɔ u u b b d d f f g ɡ j j J ɲ k k l l L ʎ m m n n p p r ɾ rr r s s S ʃ t t w w z z Z ʒ"
)
CZECH: Final = _pairs(
    "a a b b c ts c~ tʃ ch x d d d~ ɟ dz dz dz~ dʒ e ɛ f f g ɡ h ɦ i ɪ j j k k l l m m n n n* ŋ n~ ɲ o o p p r r "
    "r~ r̝ r~* r̝ s s s~ ʃ t t t~ c u u v v z z z~ ʒ"
)
FINNISH: Final = _pairs(
    "a ɑ e e i i o o u u y y @ æ 7 ø & ə p p t t k k b b d d g ɡ f f T θ D ð s s S ʃ z z Z ʒ h h v ʋ m m n n N ŋ l l "
    "L l r r j j w w"
)
HINDI: Final = _pairs(
    "a ʌ aa aː ih ɪ iy iː uh ʊ uw uː eh ɛ ee eː ay ɛː oh ɔ oo oː aw ɔː f f k k g ɡ "
    "ch tʃ T ʈ D ɖ N ɳ th t dh d n n p p b b "
    "m m y j r ɾ l l v ʋ L ɭ R ɽ s s sh ʃ j dʒ h h x x kh k gh ɡ td t tth ʈ ddh ɖ bh b zh ʒ w ʋ"
)
RUSSIAN: Final = _pairs(
    "ii i yy ɨ uu u ee e oo o aa a a ɐ e ɪ i ɪ y ɨ u ʊ ae ɪ ay ə ur ʊ p p pp pʲ b b bb bʲ t t tt tʲ d d dd dʲ k k "
    "kk kʲ g ɡ gg ɡʲ c ts ch tɕ "
    " f f ff fʲ v v vv vʲ s s ss sʲ z z zz zʲ sh ʂ sch ɕ zh ʐ h x hh xʲ m m mm mʲ n n nn nʲ l ɫ "
    "ll lʲ r r rr rʲ j j"
)


def ipa(phones: dict[str, str], name: str) -> str:
    """One phone: stress digits and length marks are passed over; what the set lacks is a pause."""
    return phones.get(name) or phones.get(name.rstrip("1:"), "")
