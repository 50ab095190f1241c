"""Languages: which one a text is in, its stop words and its stemmer (Snowball, as NLTK and Lucene use it)."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import Literal, cast

from Stemmer import Stemmer  # pyright: ignore[reportUnknownVariableType]

Language = Literal[
    "english", "german", "spanish", "french", "italian", "portuguese", "russian", "greek", "arabic", "hindi"
]

_STOP_LISTS: dict[Language, str] = {
    "english": """
        a about above actually after again against ain all also am an and any are aren as at be because been before
        being below between both but by can could couldn d did didn do does doesn doing don down during each else
        ever few for from further get gets getting got had hadn has hasn have haven having he her here hers herself
        him himself his how i if in into is isn it its itself just let like ll m may me might mightn more most much
        must mustn my myself needn no nor not now of off oh on once one only or other ought our ours ourselves out
        over own please re really s same shan she should shouldn so some such t than that the their theirs them
        themselves then there these they this those through to too under until up upon us ve very was wasn we well
        were weren what whatever when where whether which while who whom whose why will with would wouldn yeah yes
        you your yours yourself yourselves hey hi hello ok okay""",
    "german": """
        aber alle als also am an auch auf aus bei beim bin bis bist da das dass dein deine dem den denn der des die
        dies diese dieser doch du durch ein eine einem einen einer eines er es etwas euch fur für gibt hab habe haben
        hast hat hatte hier ich ihm ihn ihr ihre im in ist ja kann kannst kein keine mal man mehr mein meine meinem
        meinen meiner mich mir mit nach nein nicht noch nur oder schon sehr sein seine seit sich sie sind so soll um
        und uns unser unsere unter viel vom von vor wann war waren warum was weil welche welcher welches wenn wer
        werde werden wie wieder will wir wird wo woher wohin wurde zu zum zur""",
    "spanish": """
        a al algo algun alguna alguno ante antes aqui aquí asi así aun como cómo con cual cuál cuales cuando cuándo
        cuanto cuánto cuantos cuántos de del desde donde dónde dos e el él ella ellas ellos en entre era eres es esa
        ese eso esta está estaba estan están estas este esto estos estoy fue fueron fui ha habia había han hasta hay
        he la las le les lo los mas más me mi mí mis mucho muy nada ni no nos nosotros o os otra otro para pero poco
        por porque que qué quien quién se ser si sí sin sobre solo son soy su sus tambien también te tengo ti tiene
        tienes todo todos tu tú tus un una uno unos usted y ya yo""",
    "french": """
        a à ai alors as au aussi autre aux avant avec avez avoir avons bien c ce ceci cela ces cet cette chez comme
        comment d dans de depuis des deux dois dont du elle elles en encore es est et etait était ete été etes êtes
        eu fait il ils j je l la le les leur leurs lui m ma mais me meme même mes moi mon n ne nos notre nous on ont
        ou où par parce pas peu peut plus pour pourquoi qu quand que quel quelle quelles quels qui quoi s sa sans se
        ses si son sont suis sur t ta te tes toi ton tous tout toute tres très tu un une vers vos votre vous y""",
    "italian": """
        a ad ai al alla alle allo anche ancora avere c che chi ci ciao come con cosa cui da dal dalla dei del della
        delle dello di dove e è ed era erano essere fa gli ha hai hanno ho i il in io l la le lei li lo loro lui ma mi
        mia mie miei mio molto ne nei nel nella non nostra nostro o per perche perché piu più poi qual quale quali
        quando quanto quella quello questa questi questo sei si sia siamo sono sta sto su sua sui sul sulla suo te ti
        tra tu tua tue tuo tutti tutto un una uno voi""",
    "portuguese": """
        a à ao aos as às até com como da das de dela dele depois do dos e é ela elas ele eles em entre era essa esse
        esta está estava este eu foi foram ha há isso isto ja já la lhe mais mas me meu meus mim minha minhas muito
        na nao não nas nem no nos nós nossa nosso num numa o onde os ou para pela pelo pelos por porque qual quais
        quando quanto que quem se sem ser seu seus so só sobre sou sua suas tambem também te tem tenho teu tu tua um
        uma voce você voces vocês""",
    "russian": """
        а без бы был была были было быть в вам вас ваш весь во вот все всё вы где да даже для до его ее её если есть еще
        ещё же за здесь и из или им их к как какая какие какой когда кого которая которые который кто куда ли меня мне
        мои мой моя моё мы на нам нас наш не него нее неё нет ни них но ну о об он она они оно от очень по под почему
        при с сам свой себя со так также такой там те тебе тебя то тоже того тот ты у уже чего чем что чтобы эта эти это
        этот я""",
    "greek": "",
    "arabic": "",
    "hindi": "",
}

STOP_WORDS: dict[Language, frozenset[str]] = {name: frozenset(words.split()) for name, words in _STOP_LISTS.items()}

_SCRIPTS: tuple[tuple[str, str, Language], ...] = (
    ("\u0370", "\u03ff", "greek"),
    ("\u0400", "\u04ff", "russian"),
    ("\u0600", "\u06ff", "arabic"),
    ("\u0900", "\u097f", "hindi"),
)
_WRITTEN = (
    ("\u0370", "\u03ff", "Greek"),
    ("\u0400", "\u052f", "Cyrillic"),
    ("\u0590", "\u05ff", "Hebrew"),
    ("\u0600", "\u06ff", "Arabic script"),
    ("\u0900", "\u097f", "Devanagari"),
    ("\u0e00", "\u0e7f", "Thai"),
    ("\u3040", "\u30ff", "Japanese"),
    ("\u3400", "\u9fff", "Chinese"),
    ("\uac00", "\ud7af", "Korean"),
)
_LETTERS = 2_000  # of a text that are counted
_LATIN_WORD = re.compile(r"[^\W\d_]+")
_OTHERS: tuple[Language, ...] = ("german", "spanish", "french", "italian", "portuguese")
_VOTERS = 400  # words of a text that are looked up
_VOTES: dict[str, list[Language]] = {}
for _language in ("english", *_OTHERS):
    for _word in STOP_WORDS[_language]:
        _VOTES.setdefault(_word, []).append(_language)


def recognise(words: Iterable[str]) -> Language:
    """Tell the language of case-folded Latin words by a vote of the stop lists; English where none clearly wins."""
    sample = list(islice(words, _VOTERS))
    votes = Counter(language for word in sample for language in _VOTES.get(word, ()))
    best = max(_OTHERS, key=votes.__getitem__)
    rivals = [votes[language] for language in ("english", *_OTHERS) if language != best]
    needed = 1 if len(sample) <= 4 else 2
    return best if votes[best] >= needed and votes[best] > max(rivals) else "english"


def written_in(text: str) -> str:
    """Tell the script of most letters or, of Latin ones, the language; English where that cannot be told."""
    letters = Counter(name for char in text[:_LETTERS] if (name := _script_of(char)))
    if letters["Japanese"]:  # its ideographs are those of Chinese
        letters["Japanese"] += letters.pop("Chinese", 0)
    script = max(letters, key=letters.__getitem__, default="Latin")
    return recognise(_LATIN_WORD.findall(text.casefold())).capitalize() if script == "Latin" else script


def _script_of(char: str) -> str:
    if not char.isalpha():
        return ""
    return next((name for low, high, name in _WRITTEN if low <= char <= high), "Latin" if char < "\u0250" else "")


def language_of(word: str, among: Language) -> Language:
    """Tell the language of a word by its script, or else that of the text that it stands among."""
    if word.isascii():
        return among
    for low, high, language in _SCRIPTS:
        if low <= word[0] <= high:
            return language
    return among


@lru_cache(maxsize=1 << 16)
def stem(word: str, language: Language) -> str:
    """Reduce a case-folded word to its Snowball stem."""
    stemmer = Stemmer(language, 0)  # pyright: ignore[reportUnknownVariableType]  # for one thread alone, so a new one
    return cast("str", stemmer.stemWord(word))  # pyright: ignore[reportUnknownMemberType]
