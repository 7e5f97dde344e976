using Fleet.Server.Settings;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Storage;

/// <summary>
/// Keeps the node's clock at the database's time, so that all nodes have the same time even if the clocks of their
/// machines differ; on SQLite, at the machine's time. It also reports how far the clock of the machine or of the node
/// is off: operators must know, and proxies send requests to other nodes.
/// </summary>
internal sealed class ClockWatch(
    NodeClock clock, Database database, IOptions<FleetOptions> options, ILogger<ClockWatch> log)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A clock that is ahead is slowed down by one second in this many: a window of 60 s then lasts 60.6 s.
    /// </summary>
    private const int SecondsToLoseOne = 100;

    private long _offset;
    private bool _wasRight = true;

    /// <summary>
    /// How far the clocks of machine and node are from the right one; the larger difference counts. Above zero they are
    /// ahead.
    /// </summary>
    public TimeSpan Offset => TimeSpan.FromTicks(Volatile.Read(ref _offset));

    /// <summary>Why the node is not ready, in a sentence, or null.</summary>
    public string? Problem => IsRight(Offset) ? null : database.HasClock
        ? $"The clocks of this node and of its database are {ToSeconds(Offset.Duration())} s apart, more than the "
            + $"{Limit.TotalSeconds} s of ClockLimitSeconds: set the one that is wrong."
        : $"The clock of this machine was set back by {ToSeconds(Offset)} s, more than the "
            + $"{Limit.TotalSeconds} s of ClockLimitSeconds: set it right; if it is right now, restart the node.";

    /// <summary>
    /// Makes a clock that begins at the time of the database, if that has one. It blocks, because Orleans reads the
    /// clock in its constructors.
    /// </summary>
    public static NodeClock Begin(TimeProvider machine, Database database)
    {
        var clock = new NodeClock(machine);
        if (database.GetServerTime(CancellationToken.None).GetAwaiter().GetResult() is { } now)
            clock.MoveTime(now - clock.Machine.GetUtcNow());
        return clock;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        do await CompareClocks(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private TimeSpan Limit => TimeSpan.FromSeconds(options.Value.ClockLimitSeconds);

    private bool IsRight(TimeSpan offset) => offset.Duration() <= Limit;

    /// <summary>
    /// Reads the right time once. The answer belongs to some moment between the begin and the end of the call: if one
    /// of these moments fits the clock, the clock is right.
    /// </summary>
    private async Task CompareClocks(CancellationToken cancel)
    {
        try
        {
            var (ours, machines) = (clock.GetUtcNow(), clock.Machine.GetUtcNow());
            var told = await database.GetServerTime(cancel) ?? clock.Machine.GetUtcNow();
            var machine = AheadOf(machines, told, clock.Machine.GetUtcNow());
            var left = FollowDatabase(AheadOf(ours, told, clock.GetUtcNow()));
            NoteOffset(machine.Duration() > left.Duration() ? machine : left);
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            // That the database is down is reported elsewhere; until it is back the clock runs without correction.
        }
    }

    /// <summary>Moves the node's clock: forward at once, back slowly. Returns how far it is still ahead.</summary>
    private TimeSpan FollowDatabase(TimeSpan ahead)
    {
        if (ahead < -Limit) log.ClockForward(ToSeconds(-ahead));
        var most = Period / SecondsToLoseOne;
        clock.MoveTime(ahead > most ? -most : -ahead);
        return ahead > most ? ahead : TimeSpan.Zero;
    }

    private void NoteOffset(TimeSpan offset)
    {
        Volatile.Write(ref _offset, offset.Ticks);
        var isRight = IsRight(offset);
        if (isRight == _wasRight) return;
        _wasRight = isRight;
        if (Problem is { } problem) log.ClockWrong(problem);
        else log.ClockRight(ToSeconds(offset));
    }

    private static TimeSpan AheadOf(DateTimeOffset before, DateTimeOffset told, DateTimeOffset after) =>
        before > told ? before - told : after < told ? after - told : TimeSpan.Zero;

    private static double ToSeconds(TimeSpan span) => Math.Round(span.TotalSeconds);
}

internal static partial class ClockLog
{
    [LoggerMessage(2300, LogLevel.Error, "This node is not ready. {Why}")]
    public static partial void ClockWrong(this ILogger log, string why);

    [LoggerMessage(2301, LogLevel.Warning, "The clocks agree again, within {Seconds} s.")]
    public static partial void ClockRight(this ILogger log, double seconds);

    [LoggerMessage(2302, LogLevel.Warning,
        "The time went forward by {Seconds} s: a clock was set, or the machine was asleep. This node moved its clock.")]
    public static partial void ClockForward(this ILogger log, double seconds);
}
