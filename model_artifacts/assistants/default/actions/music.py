"""The music of the assistant: which track is meant, what comes after it, and how it is announced."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zlib import crc32

from functions.actions.fulfilment import (
    Call,
    Response,
    Result,
    Said,
    TrackerEvent,
    button,
    join_parts,
    offer,
    part,
    say,
    slot,
)
from functions.actions.interests import Interest, remember
from functions.actions.listing import KEEP, Listing, remember_shown
from functions.actions.matching import LIKE, find_best, find_closest, normalise_name, score_similarity
from functions.actions.searching import search_or_relax
from functions.actions.years import Years, read_years
from shared.events.wire import JSON

from .catalogue import Track, load_tracks
from .naming import name_on_button, name_value, name_years
from .video import merge_excluded, read_excluded, read_said_years

KINDS = {
    "house": "electronic",
    "ambient": "electronic",
    "lofi": "electronic",
    "dance": "electronic",
    "alternative": "indie",
    "swing": "jazz",
    "motown": "soul",
    "ska": "reggae",
    "salsa": "latin",
    "bossa nova": "latin",
    "samba": "latin",
    "opera": "classical",
    "piano": "classical",
    "bluegrass": "country",
    "k pop": "pop",
    "rock and roll": "rock",
    "hard rock": "rock",
}
"""Kinds of music that the catalogue files under another name."""
LOOSEN = ("years", "genre", "album", "artist", "track")
"""What is given up first."""
ASK_GENRE = ("rock", "pop", "jazz", "hip hop", "classical", "soul")


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody wants to hear; everything that is given has to hold."""

    track: str = ""
    artist: str = ""
    album: str = ""
    genre: str = ""
    years: Years | None = None
    without: tuple[str, ...] = ()
    """Kinds, artists and tracks that it must not be."""

    def __bool__(self) -> bool:
        return self != Heard()

    @property
    def spoken(self) -> Said:
        """It in words, each part a response of its own, so that it is said in the person's language."""
        kind = part("utter_part_genre_music", genre=name_value(self.genre)) if self.genre else part("utter_part_music")
        parts = [self.track or kind]
        if self.artist:
            parts.append(part("utter_part_by", artist=self.artist))
        if self.album:
            parts.append(part("utter_part_album", album=self.album))
        if self.years is not None:
            parts.append(name_years(self.years))
        if self.without:
            parts.append(part("utter_part_without"))
        return join_parts(parts)


def action_play_music(call: Call) -> Result:
    """Announce what this message asks for; anything from the catalogue where it asks for nothing in particular."""
    said = _read_message(call)
    if said.without and replace(said, without=()) == Heard():
        # Only what it must not be: of what was wanted before.
        return refine_music(call)
    return _announce(call, said)


def refine_music(call: Call) -> Result:
    """Play again with what was wanted and what this fragment adds or changes."""
    before, said = _read_last_search(call), _read_message(call)
    if said.track or said.artist or said.album:
        return _announce(call, said)
    if said.genre:
        # Whoever turns from an artist to a kind of music does not mean that artist's only.
        return _announce(call, replace(said, years=said.years or before.years))
    without = merge_excluded(before.without, said.without, ())
    kept = replace(before, track="", album="", years=said.years or before.years, without=without)
    return _announce(call, kept)


def play_again(call: Call) -> Result:
    return _announce(call, _read_last_search(call))


def announce(call: Call, listing: Listing) -> Result:
    """The track at which the list stands, and what comes after it."""
    tracks = _find_tracks(call, listing.items[listing.at : listing.at + 3])
    if not tracks:
        return Result.of(say("utter_music_over", _list_genre_buttons()))
    first, *rest = tracks
    words = [part("utter_part_up_next", title=first.title, artist=first.artist, album=first.album, year=first.year)]
    if rest:
        after = [part("utter_part_track", title=track.title, artist=track.artist) for track in rest]
        words.append(part("utter_part_after_that", tracks=after))
    if call.slot("music_notice") is None:
        words.append(part("utter_part_no_sound"))
    following = listing.at + 1 < len(listing.items)
    buttons = [button(part("utter_button_next_song"), "/another_one")] if following else []
    return Result.of(
        say("utter_up_next", buttons, said=join_parts(words)),
        listing.event,
        remember_shown("track", (first.title, first.artist)),
        slot("music_notice", True),
        remember(call, [Interest("music", "genre", first.genre), Interest("music", "artist", first.artist)]),
    )


def play_more_by(call: Call, item: tuple[str, int | str]) -> Result | None:
    """Other songs of the same artist; None where there are none."""
    tracks = load_tracks(call.assets)
    others = [track for track in tracks if track.artist == item[1] and track.title != item[0]]
    return announce(call, track_list(others, part("utter_part_by", artist=str(item[1])))) if others else None


def track_said(call: Call, item: tuple[str, int | str]) -> Response:
    """One track in a sentence."""
    tracks = _find_tracks(call, (item,))
    if not tracks:
        return say("utter_item_unknown")
    track = tracks[0]
    return say(
        "utter_track",
        title=track.title,
        artist=track.artist,
        album=track.album,
        year=track.year,
        genre=name_value(track.genre),
    )


def correct_names(tracks: Sequence[Track], heard: Heard) -> Heard:
    """The same with the artist as the catalogue writes it, and what was taken for a kind of music but is none as the
    album, track or artist that it is: "play thriller"."""
    artists = find_best(heard.artist, dict.fromkeys(track.artist for track in tracks), str)
    if heard.artist and len(artists) == 1:
        heard = replace(heard, artist=artists[0])
    wanted = normalise_name(heard.genre)
    if not wanted or wanted in KINDS or wanted in {normalise_name(track.genre) for track in tracks}:
        return heard
    for field, names in (
        ("album", [track.album for track in tracks]),
        ("track", [track.title for track in tracks]),
        ("artist", [track.artist for track in tracks]),
    ):
        for name in names:
            if not getattr(heard, field) and normalise_name(name) == wanted:
                return replace(heard, genre="", **{field: name})  # type: ignore[arg-type]
    return heard


def find(tracks: Sequence[Track], heard: Heard) -> tuple[tuple[Track, ...], Heard]:
    """The tracks that fit best first, and what of the wish they fit (less than all where nothing fits all)."""
    found, fitting = search_or_relax(heard, LOOSEN, lambda asked: _find_fitting(tracks, asked))
    return tuple(found), fitting


def track_list(tracks: Sequence[Track], asked: Said) -> Listing:
    return Listing("track", asked, tuple((track.title, track.artist) for track in tracks[:KEEP]))


def _announce(call: Call, heard: Heard) -> Result:
    tracks = load_tracks(call.assets)
    heard = correct_names(tracks, heard)
    found, fitting = find(tracks, heard)
    if not found:
        return Result.of(_say_unknown(tracks, heard), *_set_search_slots(heard))
    listed = found if len(found) > 1 else (*found, *_find_akin(tracks, found[0]))
    announced = announce(call, track_list(listed, fitting.spoken))
    criteria = Result.of(*_set_search_slots(heard))
    if fitting == heard:
        return announced + criteria
    sorry = Result.of(say("utter_music_nearest", missing=heard.spoken, asked=fitting.spoken))
    return sorry + announced + criteria


def _say_unknown(tracks: Sequence[Track], heard: Heard) -> Response:
    asked = heard.artist or heard.track or heard.album
    if not asked:
        return say("utter_music_none", _list_genre_buttons(), asked=heard.spoken)
    field = "artist" if heard.artist else "track" if heard.track else "album"
    names = [{"artist": track.artist, "track": track.title, "album": track.album}[field] for track in tracks]
    near = find_closest(asked, names, 3)
    buttons = [offer(name, "play_music", **{field: name}) for name in near]
    return say("utter_music_unknown", buttons, asked=heard.spoken)


def _read_message(call: Call) -> Heard:
    return Heard(
        track=call.entity("track"),
        artist=call.entity("artist"),
        album=call.entity("album"),
        genre=call.entity("genre"),
        years=read_said_years(call),
        without=tuple(value for name in ("genre", "artist", "track") for value in call.find_unwanted(name)),
    )


def _read_last_search(call: Call) -> Heard:
    return Heard(
        track=call.words("track"),
        artist=call.words("artist"),
        album=call.words("album"),
        genre=call.words("music_genre"),
        years=read_years(call.words("music_year")),
        without=read_excluded(call),
    )


def _set_search_slots(heard: Heard) -> tuple[TrackerEvent, ...]:
    years = f"{heard.years.first:04}-{heard.years.last:04}" if heard.years else None
    return (
        slot("track", heard.track or None),
        slot("artist", heard.artist or None),
        slot("album", heard.album or None),
        slot("music_genre", heard.genre or None),
        slot("music_year", years),
        slot("ruled_out", list(heard.without) or None),
    )


def _find_fitting(tracks: Sequence[Track], heard: Heard) -> tuple[Track, ...]:
    for name in map(normalise_name, heard.without):
        tracks = [
            track for track in tracks if name not in map(normalise_name, (track.genre, track.artist, track.title))
        ]
    if heard.years is not None:
        tracks = [track for track in tracks if track.year in heard.years]
    if heard.genre:
        genre = normalise_name(KINDS.get(normalise_name(heard.genre), heard.genre))
        tracks = [track for track in tracks if normalise_name(track.genre) == genre]
    scored = [(score, track) for track in tracks if (score := _score_names(track, heard)) > 0]
    if not scored:
        return ()
    # Only what fits nearly as well as the best does: who asks for "One" does not mean "Another One Bites the Dust".
    top = max(score for score, _ in scored)
    kept = [(score, track) for score, track in scored if score >= top - 0.04]
    return tuple(track for _, track in sorted(kept, key=lambda item: (-item[0], _find_place(item[1], heard))))


def _score_names(track: Track, heard: Heard) -> float:
    """How alike its names are to those that were heard; 0 where one is not, 1 where none was heard."""
    score = 1.0
    for asked, name in ((heard.track, track.title), (heard.artist, track.artist), (heard.album, track.album)):
        if asked:
            alike = score_similarity(asked, name)
            if alike < LIKE:
                return 0.0
            score *= alike
    return score


def _find_akin(tracks: Sequence[Track], track: Track) -> list[Track]:
    """What may come after a single track: more of the artist, then more of the kind."""
    others = [
        other for other in tracks if other != track and (other.artist == track.artist or other.genre == track.genre)
    ]
    return sorted(others, key=lambda other: (other.artist != track.artist, _find_place(other, Heard())))


def _find_place(track: Track, heard: Heard) -> int:
    """An album plays in the order of the catalogue; everything else is mixed, always in the same way."""
    return 0 if heard.album else crc32(f"{track.title} {track.artist}".encode())


def _find_tracks(call: Call, items: Sequence[tuple[str, int | str]]) -> list[Track]:
    known = {(track.title, track.artist): track for track in load_tracks(call.assets)}
    return [track for title, artist in items if (track := known.get((title, str(artist))))]


def _list_genre_buttons() -> list[dict[str, JSON]]:
    return [offer(name_on_button(genre), "play_music", genre=genre) for genre in ASK_GENRE]
