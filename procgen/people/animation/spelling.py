"""English text to phonemes by a small set of letter-to-sound rules: near enough for lips, not for a voice.

In the manner of Elovitz et al., "Letter-to-sound rules for automatic translation of English text to phonetics" (IEEE
ASSP 24, 1976), with far fewer rules: what looks the same on lips need not be told apart. Stress is a guess.
"""

from __future__ import annotations

import re

from .phonemes import SpeechError

MOST = 4_000  # letters, some four minutes
VOWELS = {"AA", "AE", "AH", "AO", "EH", "IH", "IY", "UH", "UW", "AY", "AW", "OY", "EY", "OW", "ER"}
# Words that no rule gets right.
WORDS = {
    "a": "AH", "the": "DH AH", "of": "AH V", "to": "T UW", "do": "D UW", "who": "HH UW", "two": "T UW", "you": "Y UW",
    "your": "Y AO R", "are": "AA R", "were": "W ER", "was": "W AA Z", "is": "IH Z", "his": "HH IH Z", "as": "AE Z",
    "has": "HH AE Z", "have": "HH AE V", "one": "W AH N", "once": "W AH N S", "some": "S AH M", "come": "K AH M",
    "done": "D AH N", "none": "N AH N", "love": "L AH V", "give": "G IH V", "live": "L IH V", "said": "S EH D",
    "says": "S EH Z", "they": "DH EY", "there": "DH EH R", "their": "DH EH R", "where": "W EH R", "what": "W AA T",
    "want": "W AA N T", "water": "W AO T ER", "people": "P IY P AH L", "eye": "AY", "eyes": "AY Z", "four": "F AO R",
    "could": "K UH D", "would": "W UH D", "should": "SH UH D", "through": "TH R UW", "though": "DH OW", "this": "DH IH S",
    "that": "DH AE T", "these": "DH IY Z", "those": "DH OW Z", "then": "DH EH N", "than": "DH AE N", "them": "DH EH M",
    "with": "W IH DH", "other": "AH DH ER", "mother": "M AH DH ER", "brother": "B R AH DH ER", "father": "F AA DH ER",
    "good": "G UH D", "look": "L UH K", "book": "B UH K", "put": "P UH T", "again": "AH G EH N", "any": "EH N IY",
    "many": "M EH N IY", "only": "OW N L IY", "very": "V EH R IY", "every": "EH V R IY", "world": "W ER L D",
    "word": "W ER D", "work": "W ER K", "hello": "HH AH L OW", "be": "B IY", "he": "HH IY", "she": "SH IY", "me": "M IY",
    "we": "W IY", "i": "AY", "my": "M AY", "by": "B AY", "why": "W AY", "go": "G OW", "no": "N OW", "so": "S OW",
    "great": "G R EY T", "heart": "HH AA R T", "friend": "F R EH N D", "know": "N OW", "now": "N AW", "how": "HH AW",
}  # fmt: skip
QUIET = {"a", "the", "of", "to", "and", "as", "is", "was", "at", "in", "or", "for", "than", "them", "that"}  # no stress
# (before, letters, after, phonemes), the first that fits counts; V stands for a vowel letter, C for another.
RULES = (
    ("^", "kn", "", "N"), ("^", "gn", "", "N"), ("^", "wr", "", "R"), ("^", "ps", "", "S"), ("^", "x", "", "Z"),
    ("", "tion", "", "SH AH N"), ("", "ssion", "", "SH AH N"), ("V", "sion", "", "ZH AH N"), ("", "sion", "", "SH AH N"),
    ("", "cious", "", "SH AH S"), ("", "tious", "", "SH AH S"), ("", "ture", "", "CH ER"), ("V", "sure", "", "ZH ER"),
    ("", "ight", "", "AY T"), ("", "eigh", "", "EY"), ("", "aught", "", "AO T"), ("", "ought", "", "AO T"),
    ("", "ough", "", "AH F"), ("", "augh", "", "AE F"), ("", "gh", "", ""), ("", "tch", "", "CH"), ("", "dge", "", "JH"),
    ("", "sch", "", "S K"), ("", "sh", "", "SH"), ("", "ch", "", "CH"), ("", "ph", "", "F"), ("", "wh", "", "W"),
    ("", "th", "er", "DH"), ("", "th", "", "TH"), ("", "ck", "", "K"), ("", "ng", "s?$", "NG"), ("", "ng", "[^eiy]", "NG G"),
    ("", "nk", "", "NG K"), ("", "qu", "", "K W"), ("", "mb", "$", "M"), ("", "mn", "$", "M"),
    ("C", "le", "$", "AH L"), ("C", "les", "$", "AH L Z"), ("[td]", "ed", "$", "AH D"), ("[pkfsxc]|sh|ch", "ed", "$", "T"),
    ("..", "ed", "$", "D"), ("[szx]|sh|ch|g|c", "es", "$", "AH Z"), ("[ptkf]|th", "e?s", "$", "S"), ("V.*C", "es", "$", "Z"),
    ("V.*C", "ely", "$", "L IY"), ("V.*C", "e", "$", ""), ("^C*", "e", "$", "IY"), ("", "ing", "$", "IH NG"),
    ("", "air", "", "EH R"), ("", "are", "$", "EH R"), ("", "ear", "C", "ER"), ("", "ear", "", "IH R"), ("", "eer", "", "IH R"),
    ("", "ire", "", "AY R"), ("", "our", "", "AW R"), ("", "oor", "", "AO R"), ("", "ore?", "", "AO R"), ("w", "ar", "", "AO R"),
    ("", "arr", "", "AE R"), ("", "ar", "", "AA R"), ("", "err", "", "EH R"), ("", "er", "", "ER"), ("", "ir", "", "ER"),
    ("", "ure", "$", "Y UH R"), ("", "ur", "", "ER"), ("", "yr", "", "ER"),
    ("", "ai|ay|ei|ey", "", "EY"), ("", "au|aw", "", "AO"), ("", "ee|ea|ie", "", "IY"), ("", "eu|ew", "", "UW"), ("", "oa|oe", "", "OW"),
    ("", "oi|oy", "", "OY"), ("", "oo", "k", "UH"), ("", "oo", "", "UW"), ("", "ou", "", "AW"), ("", "ow", "$", "OW"),
    ("", "ow", "", "AW"), ("", "ue|ui", "", "UW"), ("", "eo", "", "IY AH"), ("", "io", "", "IY AH"), ("", "ia", "", "IY AH"),
    ("", "a", "ll|lk|lt", "AO"), ("", "a", "ste$|nge", "EY"), ("", "a", "C[eiy]", "EY"), ("w", "a", "[^gkx]", "AA"), ("", "a", "$", "AH"),
    ("", "a", "", "AE"), ("", "e", "Ce$", "IY"), ("", "e", "", "EH"), ("", "i", "nd$|ld$|gn", "AY"), ("", "i", "C[e]", "AY"),
    ("", "i", "$", "IY"), ("", "i", "", "IH"), ("", "o", "ld|lk|st$|ll", "OW"), ("", "o", "C[e]", "OW"), ("", "o", "$", "OW"),
    ("", "o", "", "AA"), ("", "u", "C[eiao]", "UW"), ("", "u", "$", "UW"), ("", "u", "", "AH"), ("^", "y", "V", "Y"),
    ("^C*", "y", "$", "AY"), ("", "y", "$", "IY"), ("", "y", "C[e]", "AY"), ("", "y", "", "IH"),
    ("", "c", "[eiy]", "S"), ("", "g", "[eiy]", "JH"), ("V", "s", "V", "Z"), ("[bdglmnrvwz]|V", "s", "$", "Z"), ("", "ss", "", "S"),
    ("", "x", "", "K S"), ("", "j", "", "JH"), ("", "h", "$", ""), ("", "h", "", "HH"),
    *(("", f"{letter}{letter}?", "", sound) for letter, sound in zip("bcdfgklmnpqrstvwz", "BKDFGKLMNPKRSTVWZ", strict=True)),
)  # fmt: skip


def _pattern(text: str) -> str:
    return text.replace("V", "[aeiouy]").replace("C", "[bcdfghjklmnpqrstvwxz]")


COMPILED = tuple(
    (re.compile(f"(?:{_pattern(before)})$"), re.compile(f"(?P<own>{letters})(?:{_pattern(after)})"), sounds.split())
    for before, letters, after, sounds in RULES
)
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
PIECE = re.compile(r"[a-z]+|\d|[.!?;:]|,|—|\n")


def phonemes(text: str) -> str:
    """The phonemes of a text, apart by spaces, with pauses and stress; raises SpeechError where it says nothing.

    Marks on letters are left out (``é`` is read as ``e``), numbers are read digit by digit.
    """
    if len(text) > MOST:
        raise SpeechError(f"the text has {len(text)} letters; allowed are {MOST}")
    found: list[str] = []
    for piece in PIECE.findall(_plain(text)):
        if piece.isalpha():
            found += spoken(piece)
        elif piece.isdigit():
            found += spoken(DIGITS[int(piece)])
        elif found and found[-1] not in ",.":
            found.append("," if piece in ",—;:" else ".")
    if not any(name not in ",." for name in found):
        raise SpeechError("the text has no word in Latin letters; phonemes can be given instead")
    return " ".join(found)


def spoken(word: str) -> list[str]:
    """The phonemes of a word in small letters; its first vowel has the stress, unless it is one of the QUIET ones."""
    sounds = WORDS[word].split() if word in WORDS else _by_rule(word)
    stress = "0" if word in QUIET else "1"
    result = []
    for sound in sounds:
        if sound in VOWELS:
            sound, stress = sound + stress, "0"
        result.append(sound)
    return result


def _by_rule(word: str) -> list[str]:
    sounds: list[str] = []
    place = 0
    while place < len(word):
        for before, letters, own in COMPILED:
            match = letters.match(word, place)
            if match and before.search(word[:place]):
                sounds += own
                place = match.end("own")
                break
        else:
            place += 1
    return sounds


def _plain(text: str) -> str:
    import unicodedata

    letters = unicodedata.normalize("NFKD", text.lower()).replace("ß", "ss").replace("'", "").replace("’", "")
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
