using Fleet.Core.Cloud;
using Fleet.Core.Transactions;

namespace Fleet.Core.Tests;

/// <summary>
/// Random tills, devices, clouds, sweepers and clocks against the rules, and a ledger of its own that checks each
/// answer. The seed decides everything, so a failure is a number to replay.
/// </summary>
internal sealed class Walk(int seed)
{
    private static readonly DeviceReport[] Stories =
    [
        Declined, CustomerCancelled, new(CheckoutState.Failed, Reason.ReaderLost),
        new(CheckoutState.Cancelled, Reason.NoCardInTime), Charged(800), Charged(800, tip: 40), Charged(800, tip: -1),
        Charged(350), Charged(350, tip: 35), Charged(1),
        new(CheckoutState.Failed, Reason.Declined, 800, 40), new(CheckoutState.Cancelled, Reason.Terminated),
        new(CheckoutState.Cancelled), new(CheckoutState.Cancelled, Reason.Expired),
        new(CheckoutState.Successful, Reason.Declined, 350), new(CheckoutState.Started),
    ];

    private readonly Random _random = new(seed);
    private readonly Dictionary<Guid, Checkout> _ledger = [];
    private readonly List<Guid> _ids = [];
    private readonly Dictionary<(Guid Id, TotalKey Key), TotalSum> _totals = [];
    private readonly HashSet<Guid> _granted = [], _toldToStop = [];
    private Reader _reader = Ready;
    private DateTimeOffset _now = Noon;
    private int _step;
    private string _question = "";

    /// <summary>What the walk has met, to check that it reached every case.</summary>
    public HashSet<EventKind> Happened { get; } = [];

    public HashSet<RefusalCode> Refused { get; } = [];

    public void Step()
    {
        _step++;
        _now = NextMoment();
        if (_random.Next(12) == 0) _reader = _reader with { Online = !_reader.Online };
        var ask = NextQuestion();
        Keep(ask(_reader));
        Require(ask(_reader).Events.IsEmpty, "the same question at the same moment adds nothing");
    }

    /// <summary>Mostly some seconds later; now and then just before, at, or just after the end of the window.</summary>
    private DateTimeOffset NextMoment()
    {
        var later = _now.AddMilliseconds(_random.Next(4) == 0 ? _random.Next(60_000) : _random.Next(4_000));
        if (_reader.Open is not { } open || _random.Next(4) != 0) return later;
        var edge = open.ValidUntil.AddMilliseconds(_random.Next(-1, 2));
        return edge > _now ? edge : later;
    }

    private Func<Reader, Decision> NextQuestion()
    {
        var (id, now, story) = (AnyId(), _now, NextStory());
        Guid? expected = _random.Next(2) == 0 ? id : null;
        var (ask, strict) = (NextAsk(), _random.Next(3) == 0);
        var refund = new RefundTransaction(
            NewId(), id, _random.Next(3) == 0 ? null : _random.Next(1, 1_200), Sandbox: true);
        var record = new RecordOutcome(
            id, (CheckoutState)_random.Next(2, 5), _random.Next(3) == 0 ? 40 : 0, "seen", "7", "k", "n");
        if (_random.Next(2) == 0) return NextAboutCloud(id, now, story);
        (_question, Func<Reader, Decision> question) = _random.Next(13) switch
        {
            < 2 => ($"start {ask.CheckoutId} strict {strict}",
                reader => ReaderRules.StartCheckout(reader, ask with { StrictSixtySeconds = strict }, now)),
            < 5 => ($"grant {id}", reader => ReaderRules.GrantStart(reader, id, now)),
            < 7 => ($"report {story} of {id}", reader =>
                ReaderRules.TakeReport(reader, _ledger.GetValueOrDefault(id), story, now)),
            9 => ($"refund {refund}", _ => RefundRules.RefundPayment(_ledger.GetValueOrDefault(id), refund, now)),
            7 => ($"terminate {expected}", reader => ReaderRules.TerminateCheckout(reader, expected, now)),
            8 => ("unpair", reader => ReaderRules.EndPairing(reader, now)),
            10 => ($"record {record}",
                reader => OutcomeRules.RecordOutcome(reader, _ledger.GetValueOrDefault(id), record, now)),
            11 => ("stop late", reader => ReaderRules.StopLateCheckout(reader, now)),
            _ => ("expire", new Func<Reader, Decision>(reader => ReaderRules.ExpireCheckout(reader, now))),
        };
        return question;
    }

    /// <summary>What is asked when the cloud carries out the checkout instead of a device.</summary>
    private Func<Reader, Decision> NextAboutCloud(Guid id, DateTimeOffset now, DeviceReport story)
    {
        var (doubt, ids) = ((Doubt)_random.Next(7), new CloudIds($"c-{_random.Next(2)}", TransactionCode: "T7"));
        var evidence = new Evidence((EvidenceKind)_random.Next(5), story, ids);
        if (_random.Next(4) == 0) return NextAboutRefund(id, now);
        (_question, Func<Reader, Decision> question) = _random.Next(8) switch
        {
            < 3 => ($"send {id}", reader => CloudRules.BeginAttempt(reader, id, "rdr_cloud", now)),
            3 => ($"confirm {id}", reader => CloudRules.ConfirmAttempt(reader, Named(), ids, now)),
            4 => ($"refuse {id}",
                reader => CloudRules.RefuseAttempt(reader, Named(), Refusal.ProviderUnavailable, now)),
            5 => ($"doubt {id} {doubt}", reader => CloudRules.DoubtAttempt(reader, Named(), doubt, now)),
            6 => ($"prove {evidence} of {id}", reader => CloudRules.TakeEvidence(reader, Named(), evidence, now)),
            _ => ($"unstarted {id}",
                new Func<Reader, Decision>(reader => CloudRules.EndUnstarted(reader, Named(), now))),
        };
        return question;

        Checkout? Named() => _ledger.GetValueOrDefault(id);
    }

    /// <summary>What is asked about a refund in the cloud, mostly of a payment that can have one.</summary>
    private Func<Reader, Decision> NextAboutRefund(Guid any, DateTimeOffset now)
    {
        var paid = _ledger.Values.Where(one => one is { State: CheckoutState.Successful, Cloud: not null })
            .OrderBy(one => one.PendingRefund is null).Take(2).ToList();
        var id = paid.Count > 0 && _random.Next(4) != 0 ? paid[_random.Next(paid.Count)].Id : any;
        var (pending, recorded) = (Paid()?.PendingRefund, Paid()?.RecordedRefund);
        var about = pending?.Id ?? recorded?.Id ?? id;
        var (refund, given) = (new RefundTransaction(NewId(), id, _random.Next(1, 99), false), _random.Next(3));
        Sorted[] answers = [new(Verdict.Accepted), Refusal.ProviderUnavailable, Doubt.NoAnswer, Doubt.Conflict];
        var (answer, sum) = (answers[_random.Next(4)],
            (pending?.RefundedBefore ?? recorded?.RefundedBefore) + (given * (pending?.Amount ?? recorded?.Amount)));
        var record = new RecordRefund(id, _random.Next(2) == 0, "seen", "k", "n");
        RefundRead[] reads =
            [new(ReadResult.Found, now - TimeSpan.FromSeconds(10), "tx", sum), new(ReadResult.Found, now, "tx", sum)];
        (_question, Func<Reader, Decision> question) = _random.Next(5) switch
        {
            0 => ($"refund in the cloud {refund}", _ => CloudRefundRules.BeginRefund(Paid(), refund, null, now)),
            1 => ($"answer {answer} to the refund of {id}",
                _ => CloudRefundRules.TakeAnswer(Paid(), about, answer, now)),
            2 => ($"record {record}", _ => RefundRecordRules.RecordRefund(Paid(), record, now)),
            _ => ($"refunded {sum} of {id}",
                new Func<Reader, Decision>(_ => CloudRefundRules.TakeReads(Paid(), about, reads, now))),
        };
        return question;

        Checkout? Paid() => _ledger.GetValueOrDefault(id);
    }

    /// <summary>The latest checkout, an older one, or an unknown one.</summary>
    private Guid AnyId() => _random.Next(10) switch
    {
        0 => NewId(),
        < 3 when _ids.Count > 0 => _ids[_random.Next(_ids.Count)],
        _ => _reader.Latest?.Id ?? NewId(),
    };

    /// <summary>A new coffee or cake, or the latest one again.</summary>
    private StartCheckout NextAsk()
    {
        var (kind, deadline) = (_random.Next(2) == 0 ? Coffee : Cake, _random.Next(3) == 0 ? 20 : (int?)null);
        return _random.Next(5) == 0 && _reader.Latest is { } latest
            ? new(latest.Id, latest.ClientTransactionId, latest.Terms)
            : kind with { CheckoutId = NewId(), Terms = kind.Terms with { DeadlineSeconds = deadline } };
    }

    /// <summary>Any report; every third one is a success.</summary>
    private DeviceReport NextStory() => _random.Next(3) == 0 && _reader.Latest is { } latest
        ? Charged(latest.Terms.Amount.Value)
        : Stories[_random.Next(Stories.Length)];

    private Guid NewId()
    {
        var bytes = new byte[16];
        _random.NextBytes(bytes);
        return new(bytes);
    }

    private void Keep(Decision decision)
    {
        if (decision.Refusal is { } refusal)
        {
            Refused.Add(refusal.Code);
            Require(decision.Events.All(IsExpiry), "a refused question changes nothing but what is overdue");
        }
        foreach (var happened in decision.Events) Keep(happened);

        var before = _reader;
        _reader = Reader.ApplyEvents(before, decision.Events);
        Require(_reader.Version == before.Version + decision.Events.Length, "the version counts the events");
        var open = _ledger.Values.Where(checkout => checkout.IsOpen).ToArray();
        Require(open.Length <= 1, "at most one checkout is open");
        Require(open.SingleOrDefault() == _reader.Open, "the reader knows its open checkout");
    }

    private void Keep(ReaderEvent happened)
    {
        var after = happened.Checkout;
        Happened.Add(happened.Kind);
        Require(after.UpdatedAt == _now, "an event happens at the time of the question");
        if (happened.Kind is EventKind.TerminateRequested) _toldToStop.Add(after.Id);
        Require(after.TerminateRequested == _toldToStop.Contains(after.Id), "a wish to stop stays with its checkout");
        if (_ledger.TryGetValue(after.Id, out var before)) Compare(before, happened);
        else RequireNew(happened);
        _ledger[after.Id] = after;
        CompareTotals(happened);
    }

    private void CompareTotals(ReaderEvent happened)
    {
        var after = happened.Checkout;
        foreach (var (key, sum) in Totals.FromEvent(happened))
            _totals[(after.Id, key)] = _totals.GetValueOrDefault((after.Id, key)) + sum;
        var counted = Totals.CountPayment(after)
            .Concat(after.Refunds.Select(refund => Totals.CountRefund(after, refund)))
            .GroupBy(one => one.Key, one => one.Sum)
            .Select(sums => (sums.Key, sums.Aggregate((one, other) => one + other)));
        var kept = _totals.Where(one => one.Key.Id == after.Id && one.Value != default)
            .Select(one => (one.Key.Key, one.Value));
        Require(kept.ToHashSet().SetEquals(counted), "totals are what the ledger counts");
    }

    private void RequireNew(ReaderEvent happened)
    {
        Require(happened.Kind is EventKind.Accepted, "a checkout begins with its acceptance");
        Require(_reader.Online, "only an online reader accepts");
        Require(_ledger.Values.All(checkout => !checkout.IsOpen), "only a free reader accepts");
        _ids.Add(happened.Checkout.Id);
    }

    private void Compare(Checkout before, ReaderEvent happened)
    {
        var after = happened.Checkout;
        Require(happened.Kind is not EventKind.Accepted, "a checkout is accepted once");
        Require(
            after == before with
            {
                State = after.State,
                Reason = after.Reason,
                Tip = after.Tip,
                EndedAt = after.EndedAt,
                UpdatedAt = after.UpdatedAt,
                Refunds = after.Refunds,
                TerminateRequested = after.TerminateRequested,
                StoppedByDeadline = after.StoppedByDeadline,
                EndAskedAt = after.EndAskedAt,
                Disputed = after.Disputed,
                Claims = after.Claims,
                Record = after.Record,
                Cloud = after.Cloud,
                PendingRefund = after.PendingRefund,
                RecordedRefund = after.RecordedRefund,
            },
            "who, what and when it was asked never change");
        Require(after.EndedAt == (happened.IsEnd ? _now : before.EndedAt), "an end has one time, and keeps it");
        if (happened.Kind is EventKind.Refunded)
        {
            Require(before.State is CheckoutState.Successful, "only what was charged is given back");
            Require(after.RefundedAmount() > before.RefundedAmount() && after.RefundedAmount() <= after.TotalAmount(),
                "and never more");
            Require(before.Cloud is null || before.PendingRefund?.Amount == after.Refunds[^1].Amount,
                "and what the cloud charged only as the cloud was asked");
            var given = before with { Refunds = after.Refunds, PendingRefund = null, UpdatedAt = _now };
            Require(after == given with { RecordedRefund = after.RecordedRefund }, "and nothing else changes");
            return;
        }
        Require(after.Refunds.Count == before.Refunds.Count, "only a refund gives back");
        if (happened.Kind is EventKind.RefundDisputed)
        {
            Require(before.RecordedRefund is { Contradicted: false } record && after == before with
            {
                RecordedRefund = record with { Contradicted = true },
                UpdatedAt = _now,
            }, "what contradicts the record of a refund is kept once");
            return;
        }
        if (happened.Kind is EventKind.RefundBegun or EventKind.RefundDropped or EventKind.RefundDoubted)
        {
            CompareRefund(before, happened);
            return;
        }
        if (happened.Kind is EventKind.Disputed)
        {
            Require(happened.Claim is { } claim && after.Claims is [.., var newest]
                && newest == new DeviceClaim(claim, _now), "the newest claim is kept");
            Require(before.Claims is null or [] || after.Claims?[0] == before.Claims[0], "and so is the first");
            Require(after.Claims?.Count <= ClaimRules.MaxKept, "and not more than can be kept");
            Require(
                after == before with { Disputed = true, Claims = after.Claims, Cloud = after.Cloud, UpdatedAt = _now },
                "a disputed claim is not applied");
            return;
        }
        Require(!after.StoppedByDeadline || (after.TerminateRequested && after.DeadlineAt <= _now),
            "a deadline asks to end only what is late");
        Require(after.Reason is not Reason.Deadline || after.DeadlineAt <= _now,
            "a deadline is a reason only when it is over");
        Require(after.Claims == before.Claims, "only a dispute adds a claim");
        Require(
            after.Record is null
                || (before.State is CheckoutState.Started && (before.Disputed || before.IsUnknown || !_reader.Online)),
            "an operator records what no device can tell");
        Require(before.IsOpen, "a final state never changes");
        Require(before.Id == _reader.Open?.Id, "only the open checkout moves on");
        if (happened.Kind is EventKind.Started)
            Require(_granted.Add(after.Id) && _now < before.ValidUntil, "one grant, inside the window");
        Require(happened.Kind is not EventKind.Started || !before.Disputed, "a disputed checkout gets no grant");
        Require(after.State is CheckoutState.Successful || after.Tip == 0, "only a charge has a tip");
        Require(
            (after.Reason is null) == (after.State is CheckoutState.Started or CheckoutState.Successful),
            "a reason says why nothing was charged, and only that");
        if (happened.Kind is EventKind.Confirmed or EventKind.Refused or EventKind.Doubted)
            Require(before is { State: CheckoutState.Started, Cloud: not null }, "only what was sent has an answer");
        Require(happened.Kind is not EventKind.Refused || before.Cloud is { IsConfirmed: false },
            "what the cloud took it did not refuse");
        var granted = _granted.Contains(after.Id);
        Require(after.State is not CheckoutState.Successful || granted, "only a granted payment succeeds");
        Require(!IsExpiry(happened) || !granted, "what was started never expires");
        Require(!IsExpiry(happened) || _now >= before.ValidUntil, "nothing expires early");
    }

    private void CompareRefund(Checkout before, ReaderEvent happened)
    {
        var (was, pending) = (before.PendingRefund, happened.Checkout.PendingRefund);
        Require(before is { State: CheckoutState.Successful, Cloud: not null }, "the cloud refunds what it charged");
        Require(happened.Checkout == before with
        {
            PendingRefund = pending,
            RecordedRefund = happened.Checkout.RecordedRefund,
            UpdatedAt = _now,
        }, "and changes no more");
        Require((pending is null) == happened.Kind is EventKind.RefundDropped, "what was dropped is not pending");
        Require(was is null || pending is null || was.Id == pending.Id, "one refund is under way at a time");
        Require(pending is null || pending.RefundedBefore + pending.Amount <= before.TotalAmount(), "and never more");
        Require(was is null || happened.Kind is not EventKind.RefundBegun || was.Doubt is Doubt.Conflict,
            "it is sent again only after the cloud said that it is too early");
    }

    private static bool IsExpiry(ReaderEvent happened) =>
        happened is { Kind: EventKind.Cancelled, Checkout.Reason: Reason.Expired }
            or { Kind: EventKind.Cancelled, Checkout: { Reason: Reason.Deadline, StoppedByDeadline: false } };

    private void Require(bool holds, string invariant)
    {
        if (!holds) Assert.Fail($"Seed {seed}, step {_step}, {_question} at {_now:O}: not so that {invariant}.");
    }
}
