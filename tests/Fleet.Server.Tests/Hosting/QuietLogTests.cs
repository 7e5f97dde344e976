using System.Collections.Concurrent;
using Fleet.Server.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Fleet.Server.Tests;

/// <summary>What is written when the same trouble is logged again and again.</summary>
public sealed class QuietLogTests : IDisposable
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly QuietLog _log;

    public QuietLogTests() => _log = new QuietLog(
        LoggerFactory.Create(log => log.AddProvider(new LogLines(_lines, LogLevel.Information))), _clock);

    public void Dispose() => _log.Dispose();

    [Fact]
    public void The_same_trouble_is_written_whole_once_and_then_each_half_minute_with_a_count()
    {
        for (var second = 0; second < 65; second++)
        {
            LogStorage(_log.CreateLogger("Orleans.Storage"), $"reader {second}");
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Collection(_lines,
            first => Assert.Contains("reader 0 System.TimeoutException", first, StringComparison.Ordinal),
            again => Assert.EndsWith(
                "reader 30 The database is silent. (and 29 more like this) ", again, StringComparison.Ordinal),
            again => Assert.EndsWith(
                "reader 60 The database is silent. (and 29 more like this) ", again, StringComparison.Ordinal));
    }

    [Fact]
    public void Other_words_of_Fleet_are_another_trouble_unless_the_failure_passes_by_itself()
    {
        var fleet = _log.CreateLogger("Fleet.Server.Stores");
        Write(fleet, LogLevel.Error, "Reader 1 is wrong.");
        Write(fleet, LogLevel.Error, "Reader 2 is wrong.");
        Write(fleet, LogLevel.Error, "Reader 2 is wrong.");
        LogStorage(fleet, "reader 1");
        LogStorage(fleet, "reader 2");
        for (var times = 0; times < 3; times++) Write(fleet, LogLevel.Information, "A payment ended.");

        Assert.Equal(6, _lines.Count);
    }

    [Fact]
    public void A_trouble_that_was_away_for_long_is_written_whole_again()
    {
        LogStorage(_log.CreateLogger("Npgsql.Command"), "first");
        _clock.Advance(RepeatRule.Forgotten);
        LogStorage(_log.CreateLogger("Npgsql.Command"), "second");

        Assert.All(_lines, line => Assert.Contains("System.TimeoutException", line, StringComparison.Ordinal));
        Assert.Equal(2, _lines.Count);
    }

    [Fact]
    public void Beyond_the_limit_the_kinds_that_were_seen_longest_ago_are_forgotten_and_new_ones_are_written()
    {
        for (var kind = 0; kind < 2_000; kind++)
        {
            Write(_log.CreateLogger($"Orleans.{kind}"), LogLevel.Warning, "Trouble.");
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }
        Write(_log.CreateLogger("Orleans.1999"), LogLevel.Warning, "Trouble.");

        Assert.Equal(2_000, _lines.Count);
    }

    [Fact]
    public void Two_bugs_of_one_place_in_the_log_are_both_written_with_their_stacks()
    {
        var web = _log.CreateLogger("Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware");
        foreach (var field in new[] { "tip", "tip", "timeout" })
            Write(web, LogLevel.Error, "An unhandled exception.", new FormatException($"{field} is no number."));

        Assert.Equal(2, _lines.Count(line => line.Contains("System.FormatException", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_is_critical_is_written_each_time()
    {
        for (var times = 0; times < 3; times++)
            Write(_log.CreateLogger("Fleet.Server.Storage"), LogLevel.Critical, "The file is damaged.");

        Assert.Equal(3, _lines.Count);
    }

    private static void LogStorage(ILogger log, string what) =>
        Write(log, LogLevel.Warning, what, new TimeoutException("The database is silent."));

    private static void Write(ILogger log, LogLevel level, string words, Exception? failure = null) =>
        log.Log(level, 17, words, failure, (said, _) => said);
}
