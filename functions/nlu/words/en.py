"""English."""

from functions.nlu.words import Words, list_phrases, list_words, read_cues

WORDS = Words(
    cues=read_cues(
        negation="""
            not, no, don't, dont, do not, doesn't, doesnt, does not, didn't, didnt, did not, isn't, isnt, is not,
            ain't, aren't, arent, are not, wasn't, wasnt, won't, wont, will not, wouldn't, wouldnt, would not,
            shouldn't, shouldnt, should not, can't, cant, cannot, can not, couldn't, couldnt, never, nothing, none of,
            nor, neither, without, w/o, sans, minus, except, except for, excepting, excluding, exclude, apart from,
            aside from, other than, anything but, anything except, everything but, everything except, all but, all
            except, anyone but, anybody but, any but, no more, no longer, not any, nothing with, nothing by, nothing
            from, nothing like, nothing in, avoid, avoiding, hate, hates, dislike, can't stand, cant stand, cannot
            stand, don't like, dont like, do not like, don't want, dont want, do not want, not a fan of, not into,
            tired of, sick of, fed up with, had enough of, bored of, bored with, allergic to, not keen on, and not,
            but not, never mind the, none with
        """,
        removal="""
            remove, removing, delete, take off, take out, take away, leave out, leave off, leave away, omit, drop,
            lose the, ditch, skip the, hold the, get rid of, scrap, cut the, cancel, forget the, forget about the,
            forget, kick out, strip, subtract, less, without the, no more of, rid of, undo, deduct
        """,
        replacement="""
            instead of, in place of, rather than, as opposed to, replace, replacing, swap, swap out, switch out,
            substitute, exchange, trade, change the, change my, change from, rather have than
        """,
        addition="""
            also, too, as well, in addition, additionally, add, adding, plus, extra, more, another, on top, and also,
            besides that, along with, don't forget, do not forget, dont forget, throw in, include, including, put in,
            one more, with more
        """,
        restriction="""
            only, just, nothing but, nobody but, no one but, exclusively, solely, merely, purely, simply
        """,
        correction="""
            i meant, i mean, meant, i said, i asked for, i wanted, actually, make that, make it, make them, change,
            change it, change that, rather, correction, scratch that, on second thought, on second thoughts, i
            misspoke, i mistyped, typo, let me rephrase, should be, should have been, supposed to be, instead, i'd
            rather, i would rather, let's make it, no wait, wait no, better make it, changed my mind, sorry i meant,
            oops, my mistake, my bad
        """,
        rejection="""
            wrong, incorrect, not right, not correct, isn't right, isnt right, is not right, isn't correct, is not
            correct, not true, false, mistake, a mistake, mistaken, not what i, isn't what i, that's not it, thats not
            it, not it, not that, not quite, not quite right, not exactly, never asked for, didn't ask for, did not
            ask for, didn't order, did not order, didn't say, did not say, don't agree, inaccurate, messed up, got it
            wrong, mixed up, no good, not ok, not okay, not what i ordered, not what i said, not what i asked for, not
            what i wanted, not what i meant, not mine
        """,
        hesitation="""
            wait, hang on, hold on, hold it, one moment, one sec, one second, one minute, just a moment, just a sec,
            just a second, just a minute, a moment, a second, a sec, a minute please, moment, moment please, gimme a
            sec, gimme a second, give me a sec, give me a second, give me a moment, give me a minute, hmm, hm, hmmm,
            mmm, um, umm, uh, uhm, er, erm, eh, huh, what?, pardon, pardon me, sorry?, excuse me?, come again, really,
            really?, seriously, are you sure, is that right, let me think, let me see, let me check, need to think, i
            need to think, have to think, thinking, not sure, unsure, i'm not sure, im not sure, not certain, i have
            no idea, got no idea, have no idea, don't know, dont know, do not know, dunno, idk, no idea, maybe,
            perhaps, possibly, probably, i guess, i suppose, not yet, in a minute, in a moment, in a sec, later, brb,
            hold your horses, slow down, bear with me, stand by, pause, before you do, before that, i'm thinking, let
            me ask, undecided, i have to ask, depends, it depends, wdym, what do you mean, say again, say that again,
            i doubt
        """,
        condition="""
            if, only if, as long as, so long as, provided, provided that, unless, but, in case, on condition, on
            condition that, when it comes, assuming, assuming that, except that, only when, although, though, however,
            as soon as
        """,
        disjunction="or",
        none="""
            why not, why don't we, why don't you, why dont you, not only, no problem, no worries, no fuss, no idea
            what, no matter, no need, no doubt, not bad, not too bad, can't wait, cant wait, how about not, whether or
            not, if not, or not, couldn't be better, could not be better, can't go wrong, not older than, no older
            than, not newer than, not before, not after, not later than, no later than, no earlier than, not earlier
            than, no more than, not more than, no less than, not less than, don't mind, dont mind, do not mind, don't
            care, dont care, do not care, doesn't matter, doesnt matter, does not matter, no preference, nothing else,
            no one else, no thanks, no thank you, no thx, no ty, no please, no sorry, no way, no no, no sir, no ma'am,
            no way jose, no man, if only, no offence, no offense, isn't there, isnt there, aren't there, arent there,
            don't you have, dont you have, don't you, do you not have, haven't you, haven't you got, can't you, cant
            you, can you not, couldn't you, could you not, won't you, wouldn't you, can't i, cant i, couldn't i,
            couldn't we, can't we, shouldn't we, isn't it, isnt it, aren't you, doesn't it, nothing to do, just
            kidding, more or less, forget it, forget about it, forget that, never mind, nevermind, the change, for a
            change, cancel it, cancel that, drop it, drop that, no hurry, no rush, not at all, not now, not today, not
            yet, not really, not sure, can't decide, cant decide, can't choose, not hungry, no reason, no one, for no
            reason, let me know if, tell me if, see if, check if, know if, wonder if, ask if, as if, even if, more
            recent, tell me more, more about, what more, find out if, look if, just now, just like, just in, say if,
            not sure if it
        """,
    ),
    around={
        "take": list_words("off, out, away"),
        "leave": list_words("off, out, away"),
        "keep": list_words("off, out"),
        "get": list_words("off"),
        "pull": list_words("off"),
    },
    ends=list_words("""
        with, from, to, by, for, on, in, at, of, into, onto, please, pls, plz, thanks, thx, starring, featuring,
        directed
    """),
    closes=list_words("""
        but, instead, rather, just, only, then, because, cause, cos, since, so, else, anymore, however, yet, while, or
        else
    """),
    exchanges=list_words("with, for, by, to, into"),
    onto=list_words("on, onto, upon, at, in, into, to"),
    joins=list_words("and, or, nor, &, n, plus, neither"),
    articles=list_words("a, an, one, two, three, four, five, six, some, extra, another, also, then, my, the usual"),
    verbs=list_words("""
        play, put, find, show, order, get, give, gimme, tell, search, look, recommend, suggest, bring, send, deliver,
        cancel, stop, add, make, remove, change, start, listen, watch, check, let, let's, lets, i, i'd, id, i'm, im,
        i'll, ill, i've, we, we'd, we're, take, pick, choose, book, call, set, remind, turn, fetch, grab, hear, see,
        read, replace, swap, leave, keep, help, say, name, want, wanna, need, repeat, skip, pls, plz, please, thanks,
        thank, hello, hi, hey, bye, goodbye, you, it's, its, that's, thats, there's, can, could, would, will, should,
        may, shall, is, are, do, does, did, was, what, what's, whats, which, who, who's, whos, when, when's, where,
        where's, why, how, how's, hows, any
    """),
    asks=list_words("""
        what, what's, whats, which, who, who's, whos, whose, whom, when, when's, whens, where, where's, wheres, why,
        why's, how, how's, hows, wdym, wot, wat
    """),
    auxiliaries=list_words("""
        is, are, was, were, am, do, does, did, can, could, will, would, should, shall, may, might, must, has, have,
        had, isn't, aren't, don't, doesn't, haven't, can't, couldn't, won't, wouldn't, didn't, wasn't, hasn't,
        shouldn't
    """),
    subjects=list_words("""
        i, you, u, we, it, there, that, this, these, those, they, he, she, my, your, ur, our, their, his, her, the,
        any, anyone, anybody, someone, somebody, something, anything, people, one
    """),
    fillers=list_words("""
        ok, okay, k, and, so, but, well, hey, hi, hello, please, pls, um, uh, oh, ah, sorry, yes, yeah, yep, no, then,
        now, also, alright, right, sure, great, thanks, excuse me, btw, just, actually, wait, like
    """),
    lone=list_words("""
        really, seriously, maybe, perhaps, possibly, probably, later, a second, a moment, a sec, moment, thinking,
        pause, depends, eh, er, hm, before that, no idea, i guess, i suppose, false, mistake, a mistake, not it, not
        that, not quite, in a moment, in a minute, in a sec, let me see, let me check, not sure, not exactly
    """),
    abbreviations=list_words("""
        mr, mrs, ms, dr, st, ave, rd, no, nr, vs, jr, sr, apt, mt, ft, feat, etc, approx, e.g, i.e, p.o, o
    """),
    excludes=list_words("without, sans, minus, except, excluding"),
    times=list_words("""
        2day, 2moro, 2morrow, 2night, 2nite, a.m, afternoon, am, apr, april, asap, aug, august, away, currently, dawn,
        day, days, dec, december, dinner, dusk, end, evening, feb, february, fortnight, fri, friday, fridays, h, hour,
        hours, hr, hrs, immediately, jan, january, jul, july, jun, june, later, lunch, lunchtime, mar, march, may,
        midday, midnight, min, mins, minute, minutes, moment, mon, monday, mondays, month, months, morning, night,
        noon, nov, november, now, o'clock, oclock, oct, october, p.m, pm, present, quarter, quarters, right, sat,
        saturday, saturdays, sep, sept, september, straight, sun, sunday, sundays, tday, thu, thur, thurs, thursday,
        thursdays, tmr, tmrw, tmw, today, tommorow, tommorrow, tomorow, tomorrow, tomoz, tonight, tonite, tue, tues,
        tuesday, tuesdays, wed, wednesday, wednesdays, weds, week, week-end, weekend, weeks, wk, wkend, wknd, wks,
        year, years, yesterday, yr, yrs
    """),
    yes=list_words("""
        yes, yeah, yep, yup, yes please, yes thanks, yes exactly, yes that's right, sure, sure thing, of course, ok,
        okay, ok great, all right, alright, right, correct, that's right, that's correct, exactly, absolutely,
        definitely, certainly, go ahead, please do, do it, sounds good, perfect, great, fine, yes do it, yes go ahead,
        agreed, deal, that is right, that's fine
    """),
    no=list_words("""
        no, nope, nah, no thanks, no thank you, no way, not now, not today, rather not, i'd rather not, better not,
        don't, please don't, no don't
    """),
    agreeing=list_words("""
        please, thanks, thank, you, that, that's, is, it, it's, do, so, good, works, very, much, then, just, like,
        the, all, one, i, agree, sounds, looks, and, oh, well, right, now
    """),
    common=list_words("""
        the, a, an, i, you, he, she, it, we, they, me, him, her, us, them, my, your, our, their, and, or, but, also,
        just, only, please, thanks, in, on, at, to, from, of, with, for, without, by, is, are, am, be, was, have, has,
        had, can, could, will, would, want, like, give, get, bring, deliver, send, live, order, make, do, go, here,
        there, not, no, yes, ok, okay, then, now, today, so, how, what, who, where, when, which, this, that, these,
        those, address, hello, hi, more, very, something, all
    """),
    leads=list_phrases("""
        what about, how about, what of, and for, and on
    """),
)
