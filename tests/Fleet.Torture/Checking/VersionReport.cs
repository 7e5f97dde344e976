using System.Globalization;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;

namespace Fleet.Torture.Checking;

/// <summary>How often, and how fast, nodes of two versions had to do with each other.</summary>
internal sealed class VersionReport(History history, Rollout rollout, Shop shop)
{
    private static readonly string[] Versions = [Rollout.Other, Rollout.This];

    private readonly Dictionary<Guid, Entry> _outcomes = history.Ledger
        .Where(entry => LedgerRules.IsOutcome(entry.Kind)).ToDictionary(entry => entry.Checkout);

    /// <summary>Steps of payments, by the version that had the device's link and the one that had the reader.</summary>
    public IReadOnlyDictionary<string, int> LinksAndGrains => Count(
        history.Ledger.Where(entry => entry.Kind is "started" or "succeeded").Select(entry =>
            (shop.NodeOf(entry.Reader)?.LedgerName, (string?)entry.Node, entry.At)), "links at {0}, readers at {1}");

    /// <summary>Accepted checkouts, by the version that was asked and the one that accepted.</summary>
    public IReadOnlyDictionary<string, int> AsksAndGrains
    {
        get
        {
            var asked = history.Accepted.ToLookup(call => call.Checkout);
            return Count(
                from entry in history.Ledger
                where entry.Kind is "accepted"
                from call in asked[entry.Checkout]
                select ((string?)call.Node, (string?)entry.Node, entry.At), "asked {0}, accepted by {1}");
        }
    }

    /// <summary>Outcomes that a node's stream has not told.</summary>
    public int CountMissed(Follower follower)
    {
        var told = follower.Outcomes.Select(one => one.Checkout).ToHashSet();
        return _outcomes.Keys.Count(id => !told.Contains(id));
    }

    /// <summary>How long outcomes took from one version to who waited or listened at another.</summary>
    public IEnumerable<Feed> Feeds(IEnumerable<Follower> followers)
    {
        var waits = history.Calls
            .Where(call => call.Kind is CallKind.Wait && call.Outcome is not (null or "pending"))
            .Select(call => (Way: "wait", call.Node, Checkout: call.Checkout ?? default, Since: call.AskedAt,
                At: call.AnsweredAt));
        var streams = followers.SelectMany(follower => follower.Outcomes.DistinctBy(told => told.Checkout)
            .Select(told => (Way: "stream", follower.Node, told.Checkout, Since: told.Opened, told.At)));
        return from one in waits.Concat(streams)
               let entry = _outcomes.GetValueOrDefault(one.Checkout)
               where entry is not null && entry.At > one.Since
               let teller = rollout.VersionOf(entry.Node, entry.At)
               let listener = rollout.VersionOf(one.Node, one.At)
               where teller is not null && listener is not null && entry.Node != rollout.LedgerNameOf(one.Node)
               group one.At - entry.At by (one.Way, teller, listener) into took
               orderby took.Key.Way, took.Key.teller, took.Key.listener
               select new Feed(
                   $"{took.Key.Way}: {took.Key.teller} committed, {took.Key.listener} told", [.. took.Order()]);
    }

    private string Summary()
    {
        var times = history.Ledger.Where(entry => entry.Kind is "accepted").Select(entry => entry.At).Order().ToArray();
        var gap = times.Zip(times.Skip(1), (one, next) => next - one).Max();
        var slowest = history.Starts.Where(call => call.Key is not null).GroupBy(call => call.Key)
            .Where(sale => sale.Any(call => call.Status is 201))
            .Max(sale => sale.First(call => call.Status is 201).AnsweredAt - sale.First().AskedAt);
        return $"{times.Length} accepted in {(times[^1] - times[0]).TotalSeconds:F0} s, longest gap without any "
            + $"{gap.TotalSeconds:F1} s, slowest sale from its first request to its 201 {slowest.TotalSeconds:F1} s";
    }

    public IEnumerable<string> Lines(IReadOnlyCollection<Follower> followers) =>
    [
        Summary(),
        .. LinksAndGrains.Select(pair => $"{pair.Value} steps with {pair.Key}"),
        .. AsksAndGrains.Select(pair => $"{pair.Value} checkouts {pair.Key}"),
        .. Feeds(followers).Select(feed => $"{feed}"),
        .. followers.Select(follower => $"stream at {follower.Node}: {follower.Outcomes.Count} outcomes, "
            + $"opened {follower.Opened} times, {CountMissed(follower)} missed"),
        .. history.Starts.Where(call => call.Status is not 201).CountBy(call => $"{call.Status} {call.Refusal}")
            .Select(pair => $"{pair.Value} starts were answered {(pair.Key is " " ? "nothing" : pair.Key)}"),
    ];

    private Dictionary<string, int> Count(
        IEnumerable<(string? One, string? Two, DateTimeOffset At)> pairs, string what)
    {
        var seen = pairs.CountBy(pair => (VersionOf(pair.One, pair.At), VersionOf(pair.Two, pair.At))).ToDictionary();
        return Versions.SelectMany(one => Versions.Select(two => (one, two))).ToDictionary(
            pair => string.Format(CultureInfo.InvariantCulture, what, pair.one, pair.two),
            pair => seen.GetValueOrDefault(pair));
    }

    private string? VersionOf(string? node, DateTimeOffset at) => node is null ? null : rollout.VersionOf(node, at);
}

/// <summary>How long outcomes took on one way, the fastest first.</summary>
internal sealed record Feed(string What, IReadOnlyList<TimeSpan> Times)
{
    public TimeSpan Median => Times[Times.Count / 2];

    public override string ToString() =>
        $"{Times.Count} times {What}: median {Median.TotalMilliseconds:F0} ms, "
        + $"99 % {Times[Times.Count * 99 / 100].TotalMilliseconds:F0} ms, longest {Times[^1].TotalMilliseconds:F0} ms";
}
