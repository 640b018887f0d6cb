"""Which languages a file's name tells, and one spelling for each language."""

from __future__ import annotations

import re

# ISO 639-1.
_CODES = """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy
    da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy
    hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li
    ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa
    pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th
    ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"""
# ISO 639-2 and 639-3 codes of languages that parallel corpora often name by three letters.
_LONGER = """
    afr:af amh:am ara:ar arb:ar aze:az bel:be ben:bn bos:bs bre:br bul:bg cat:ca
    ces:cs cmn:zh cor:kw cym:cy dan:da deu:de ell:el eng:en epo:eo est:et eus:eu fao:fo fas:fa
    fin:fi fra:fr fry:fy gla:gd gle:ga glg:gl heb:he hin:hi hrv:hr hun:hu hye:hy ido:io ile:ie
    ina:ia ind:id isl:is ita:it jav:jv jpn:ja kat:ka kaz:kk khm:km kor:ko kur:ku lat:la lav:lv
    lit:lt lvs:lv mal:ml mar:mr mkd:mk mon:mn msa:ms nld:nl nno:nn nob:nb nor:no oci:oc pes:fa
    pol:pl por:pt ron:ro rus:ru slk:sk slv:sl spa:es sqi:sq srp:sr swa:sw swe:sv swh:sw tam:ta
    tat:tt tel:te tgl:tl tha:th tuk:tk tur:tr uig:ug ukr:uk urd:ur uzb:uz vie:vi xho:xh yid:yi
    zho:zh zsm:ms"""
_TWO = frozenset(_CODES.split())
_THREE = dict(pair.split(":") for pair in _LONGER.split())
_PAIR = re.compile(r"(?<![a-z])(?=([a-z]{2,3})[-_]([a-z]{2,3})(?![a-z]))")


def language(text: str) -> str:
    """A language alone, by two letters where it has two: `de` of de-AT, DE and deu."""
    primary = re.split("[-_]", text.strip().lower())[0]
    return _THREE.get(primary, primary)


def is_language(text: str) -> bool:
    """Whether a text is a known language's code and nothing else."""
    return text.islower() and (text in _TWO or text in _THREE)


def languages_in(name: str) -> tuple[str, ...]:
    """The pair of languages in a name, en and de of `talks.en-de.tsv`; none where it tells none."""
    pairs = [match.groups() for match in _PAIR.finditer(name.lower())]
    # One known code is enough, as many a language has three letters that are not listed here.
    told = [pair for pair in pairs if any(map(is_language, pair))]
    return tuple(map(language, told[-1])) if told else ()
