"""Syllables and readings by culture: how one name comes to be written in several ways.

A *word* is a tuple of its spellings, one per scheme of its culture; the last scheme is the native
script where there is one. Words are coined from these tables anew for each seed, so that a list of
names learnt on one world is worth nothing on another. The Chinese readings follow pinyin,
Wade-Giles without diacritics and the Hong Kong government's usage.
"""

from random import Random

from entente.exercise.chance import one

Word = tuple[str, ...]
"""The spellings of one word, by scheme."""

SCHEMES = {"zh": 4, "ar": 3, "ru": 3, "vi": 2, "tr": 2, "in": 2, "es": 2, "af": 1, "en": 1}
"""How many spellings a word of a culture has."""
NATIVE_SCRIPT = frozenset({"zh", "ar", "ru"})
"""Cultures whose last scheme is another script than the Latin."""

_FAMILY_ZH = """wang wang wong 王|huang huang wong 黄|chen chen chan 陈|li li lee 李|zhang chang cheung 张
liu liu lau 刘|lin lin lam 林|wu wu ng 吴|guo kuo kwok 郭|zhou chou chow 周|xu hsu tsui 徐|hu hu wu 胡
luo lo law 罗|zheng cheng cheng 郑|xie hsieh tse 谢|tang tang tong 唐|feng feng fung 冯|cao tsao cho 曹
deng teng tang 邓|zeng tseng tsang 曾|peng peng pang 彭|lu lu lui 吕|su su so 苏|jiang chiang tseung 蒋
cai tsai choi 蔡|pan pan poon 潘|zhong chung chung 钟|tan tan tam 谭|liao liao liu 廖|ye yeh yip 叶
liang liang leung 梁|he ho ho 何|gao kao ko 高|sun sun suen 孙|yang yang yeung 杨|zhao chao chiu 赵"""
_GIVEN_ZH = """yong yung wing 永|fa fa fat 发|heng heng hang 恒|da ta tat 达|hua hua wah 华|xing hsing hing 兴
long lung lung 隆|chang chang cheong 昌|sheng sheng shing 盛|feng feng fung 丰|tai tai tai 泰|jin chin kam 金
li li lee 利|bao pao po 宝|de te tak 德|shun shun shun 顺|an an on 安|guo kuo kwok 国|dong tung tung 东
guang kuang kwong 广|ming ming ming 明|rong jung wing 荣|fu fu fu 富|yuan yuan yuen 源|yu yu yue 裕
xin hsin shun 信|yi i yee 义|he ho wo 和|ji chi kee 记|da ta tai 大|cheng cheng shing 成|jian chien kin 建
fu fu fook 福|tian tien tin 天|hai hai hoi 海|mei mei mei 美|zheng cheng ching 正|wei wei wai 威
hong hung hung 鸿|wen wen man 文|zhi chih chi 志|qiang chiang keung 强|jian chien kin 健|jun chun chun 俊
ying ying ying 英|hong hung hung 红|fang fang fong 芳|bo po por 博|kai kai hoi 凯|rui jui sui 瑞|ze tse chak 泽
qing ching hing 庆|yun yun wan 云|xiang hsiang cheung 祥|hui hui wai 辉|ke ko fo 科|sen sen sum 森|lian lien luen 联"""
_LETTERS_AR = """b b ب|t t ت|j dj ج|h h ح|kh kh خ|d d د|r r ر|z z ز|s s س|sh ch ش|s s ص|t t ط|gh gh غ|f f ف
q k ق|k k ك|l l ل|m m م|n n ن|w ou و|y i ي"""
_PATTERNS_AR = ("0á1i2", "0a1í2", "0a12", "mu0a1i2", "0u1ú2", "0a1á2", "0á1í2", "a01a2", "0i1á2")
_VOWELS_AR = {"á": ("a", "aa", "ا"), "í": ("ee", "i", "ي"), "ú": ("oo", "ou", "و")}
_PERSONS_AR = """Mohammed Mohamed محمد|Ahmed Ahmad احمد|Hussein Houssine حسين|Khaled Khalid خالد
Yousef Youssef يوسف|Mahmoud Mahmud محمود|Abdulrahman Abderrahmane عبدالرحمن|Omar Umar عمر|Ali Aly علي
Ibrahim Brahim ابراهيم|Hassan Hasan حسن|Mustafa Mostafa مصطفى|Saeed Said سعيد|Tariq Tarek طارق"""
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщыьэюя"
_LATIN_RU = (["a", "b", "v", "g", "d", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "y", "", "e", "yu", "ya"],
             ["a", "b", "w", "g", "d", "e", "sch", "s", "i", "j", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "ch", "z", "tsch", "sch", "schtsch", "y", "", "e", "ju", "ja"])  # fmt: skip
_SYLLABLES = {
    "ru": [
        "бо",
        "ва",
        "ви",
        "гра",
        "да",
        "де",
        "до",
        "жу",
        "за",
        "зо",
        "ка",
        "ко",
        "кри",
        "ла",
        "ле",
        "ли",
        "лу",
        "ма",
        "ми",
        "мо",
        "не",
        "но",
        "па",
        "по",
        "ра",
        "ре",
        "ро",
        "са",
        "се",
        "си",
        "со",
        "ста",
        "та",
        "ти",
        "тро",
        "фе",
        "ха",
        "хо",
        "це",
        "чи",
        "ша",
        "ши",
        "щу",
        "ю",
        "я",
    ],
    "vi": [
        "Hoàng",
        "Gia",
        "Phát",
        "Thịnh",
        "Đạt",
        "Minh",
        "Long",
        "Quang",
        "Trường",
        "Việt",
        "Tân",
        "Phú",
        "Đông",
        "Nam",
        "Hưng",
        "Thành",
        "Bảo",
        "Ngọc",
        "Kim",
        "Sơn",
        "Đại",
        "Lộc",
        "Thiên",
        "Ân",
        "Hải",
        "Vân",
        "Khánh",
        "Linh",
        "Đức",
        "Hùng",
        "Tiến",
        "Phong",
    ],
    "tr": [
        "ka",
        "ra",
        "ba",
        "de",
        "mir",
        "öz",
        "yıl",
        "maz",
        "ay",
        "dın",
        "şa",
        "hin",
        "gü",
        "neş",
        "bo",
        "ğa",
        "çe",
        "lik",
        "ü",
        "ner",
        "se",
        "lim",
        "ak",
        "tür",
        "er",
        "do",
        "kap",
        "lan",
        "te",
        "kin",
        "al",
        "tun",
        "bay",
        "sal",
    ],
    "in": [
        "raj",
        "vi",
        "sha",
        "nand",
        "lak",
        "shmi",
        "ga",
        "nesh",
        "su",
        "dha",
        "man",
        "pra",
        "kash",
        "har",
        "i",
        "jay",
        "shri",
        "ba",
        "la",
        "mo",
        "han",
        "ki",
        "ran",
        "an",
        "ja",
        "li",
        "vaa",
        "su",
        "de",
        "va",
        "naa",
        "ra",
        "yan",
        "pa",
        "tel",
        "gu",
        "pt",
        "meh",
        "ta",
    ],
    "es": [
        "ma",
        "ri",
        "ca",
        "lo",
        "sa",
        "te",
        "ro",
        "ve",
        "ga",
        "lu",
        "na",
        "mo",
        "pe",
        "dra",
        "fer",
        "nán",
        "dez",
        "cor",
        "tés",
        "al",
        "ba",
        "no",
        "va",
        "sol",
        "mar",
        "tí",
        "sé",
        "gu",
        "ra",
        "ló",
        "bri",
        "ón",
        "del",
        "ti",
        "rio",
    ],
    "af": [
        "a",
        "de",
        "bo",
        "la",
        "o",
        "lu",
        "wa",
        "chi",
        "ne",
        "du",
        "ke",
        "ma",
        "mba",
        "nga",
        "so",
        "fa",
        "di",
        "al",
        "lo",
        "kou",
        "yo",
        "ka",
        "bia",
        "kwa",
        "me",
        "nku",
        "ru",
        "zu",
        "lu",
        "mbo",
        "ta",
        "n'go",
        "ba",
        "ya",
        "tou",
        "ré",
    ],
    "en": [
        "bar",
        "ton",
        "wel",
        "ham",
        "ford",
        "ley",
        "ster",
        "wick",
        "dun",
        "mor",
        "hal",
        "lin",
        "gate",
        "brook",
        "ash",
        "ken",
        "red",
        "mar",
        "low",
        "hart",
        "field",
        "crow",
        "der",
        "by",
        "sel",
        "kirk",
        "nor",
        "wood",
        "tal",
        "bot",
        "ren",
        "shaw",
    ],
}
_FAMILY_VI = [
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Huỳnh",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
]
_COMMON_GIVEN = {
    "ru": ["Александр", "Сергей", "Андрей", "Дмитрий", "Алексей", "Ирина", "Елена", "Наталия"],
    "tr": ["Mehmet", "Mustafa", "Ahmet", "Ayşe", "Hüseyin", "Fatma", "İbrahim", "Emine"],
    "in": ["Mohammad", "Rajesh", "Sanjay", "Priya", "Amit", "Sunil", "Imran", "Abdul"],
    "es": ["José", "María", "Juan", "Luis", "Carlos", "Ana", "Jesús", "Andrés"],
    "af": ["Ibrahim", "Emmanuel", "Fatou", "Moussa", "Grace", "Blessing", "Kwame", "Aminata"],
    "en": ["John", "Michael", "David", "Sarah", "James", "Anna", "Thomas", "Peter"],
}
_PLAIN = str.maketrans(
    "àáạảãâầấậẩẫăằắặẳẵèéẹẻẽêềếệểễìíịỉĩòóọỏõôồốộổỗơờớợởỡùúụủũưừứựửữỳýỵỷỹđñçğışöü",
    "aaaaaaaaaaaaaaaaaeeeeeeeeeeeiiiiiooooooooooooooooouuuuuuuuuuuyyyyydncgisou",
)
_PLAIN_UPPER = {ord(chr(a).upper()): chr(b).upper() for a, b in _PLAIN.items() if chr(a) != "ı"} | {
    ord("İ"): "I"
}


def _table(text: str) -> tuple[Word, ...]:
    rows = text.replace("\n", "|").split("|")
    return tuple(tuple(row.split()) for row in rows)


FAMILY_ZH, GIVEN_ZH, LETTERS_AR = _table(_FAMILY_ZH), _table(_GIVEN_ZH), _table(_LETTERS_AR)
PERSONS_AR = _table(_PERSONS_AR)


def plain(text: str) -> str:
    """The text without the diacritics of Vietnamese, Turkish and Spanish."""
    return text.translate(_PLAIN).translate(_PLAIN_UPPER)


def _chinese(characters: list[Word]) -> Word:
    """Pinyin joined, Wade-Giles hyphenated, Cantonese apart, characters."""
    pinyin, wade, canton, native = zip(*characters, strict=True)
    return (
        "".join(pinyin).capitalize(),
        "-".join(wade).capitalize(),
        " ".join(part.capitalize() for part in canton),
        "".join(native),
    )


def _arabic(rng: Random) -> Word:
    letters = [one(rng, LETTERS_AR) for _ in range(3)]
    spelt = ["", "", ""]
    for sign in one(rng, _PATTERNS_AR):
        if sign.isdigit():
            parts: tuple[str, ...] = letters[int(sign)]
        elif sign in _VOWELS_AR:
            parts = _VOWELS_AR[sign]
        else:  # short vowels are not written
            parts = (sign, {"u": "ou"}.get(sign, sign), "م" if sign == "m" else "")
        spelt = [left + right for left, right in zip(spelt, parts, strict=True)]
    return spelt[0].capitalize(), spelt[1].capitalize(), spelt[2]


def _russian(native: str) -> Word:
    forms = []
    for table in _LATIN_RU:
        forms.append("".join(table[_CYRILLIC.index(c)] for c in native.lower()).capitalize())
    return forms[0], forms[1], native.capitalize()


def _indian(text: str) -> Word:
    other = text.replace("aa", "a").replace("v", "w").replace("sh", "s").replace("ee", "i")
    return text.capitalize(), other.capitalize()


def _two(text: str) -> Word:
    return plain(text), text


def word(culture: str, rng: Random, syllables: int = 0) -> Word:
    """Coin a word of ``culture`` in all its spellings, of two or three syllables by default."""
    count = syllables or (2 if rng.random() < 0.55 else 3)
    if culture == "zh":
        return _chinese([one(rng, GIVEN_ZH) for _ in range(count)])
    if culture == "ar":
        return _arabic(rng)
    parts = [one(rng, _SYLLABLES[culture]) for _ in range(count)]
    if culture == "vi":
        return _two(" ".join(parts))
    text = "".join(parts)
    if culture == "ru":
        return _russian(text)
    if culture == "in":
        return _indian(text)
    return _two(text.capitalize()) if SCHEMES[culture] == 2 else (text.capitalize(),)


def family(culture: str, rng: Random) -> Word:
    """A family name: a common one in China, Viet Nam and the Arab world, otherwise coined."""
    if culture == "zh":
        return _chinese([one(rng, FAMILY_ZH)])
    if culture == "vi":
        return _two(one(rng, _FAMILY_VI))
    if culture == "ar":
        english, french, native = _arabic(rng)
        return f"Al-{english}", f"El {french}", f"ال{native}"
    if culture == "ru":
        stem = "".join(one(rng, _SYLLABLES["ru"]) for _ in range(2)).rstrip("аеиоуюя")
        return _russian(stem + one(rng, ("ов", "ев", "енко", "ский", "ин", "ук")))
    return word(culture, rng)


def given(culture: str, rng: Random) -> Word:
    """A given name, mostly a common one: many strangers share it."""
    if culture == "zh":
        return _chinese([one(rng, GIVEN_ZH) for _ in range(1 + (rng.random() < 0.7))])
    if culture == "vi":
        return _two(" ".join(one(rng, _SYLLABLES["vi"]) for _ in range(2)))
    if culture == "ar":
        return one(rng, PERSONS_AR)
    text = one(rng, _COMMON_GIVEN[culture])
    if culture == "ru":
        return _russian(text)
    return _two(text) if SCHEMES[culture] == 2 else (text,) * SCHEMES[culture]
