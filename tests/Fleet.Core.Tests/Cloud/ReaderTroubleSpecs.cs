using System.Text.Json;
using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

public sealed class ReaderTroubleSpecs
{
    private static readonly Refusal Busy = new(RefusalCode.ReaderBusy);

    [Fact]
    public void A_reader_without_any_refusals_has_no_trouble() =>
        Assert.All([Ready, Examples.Busy, Ready.With(CoffeeTaken), Ready.With(CoffeeDoubted)],
            reader => Assert.Null(ReaderTrouble.Find(reader)));

    [Fact]
    public void A_payment_without_any_result_is_a_phantom()
    {
        var phantom = CoffeeTaken.IsDoubted(Doubt.NoResult, at: 185);

        Assert.Equal(new(TroubleKind.PhantomAccept, At(185)), ReaderTrouble.Find(Ready.With(phantom)));
    }

    [Theory]
    [InlineData("unauthorized", TroubleKind.RefusedKey)]
    [InlineData("forbidden", TroubleKind.RefusedKey)]
    [InlineData("not-found", TroubleKind.Removed)]
    [InlineData("validation-error", null)]
    [InlineData("unprocessable-entity", null)]
    public void The_last_word_of_the_cloud_says_the_trouble(string word, TroubleKind? kind) =>
        Assert.Equal(kind, After((1, Refusal.ProviderRefused(word)))?.Kind);

    [Fact]
    public void A_cloud_that_was_not_reached_is_trouble_too() =>
        Assert.Equal(new(TroubleKind.Unreachable, At(7)), After((7, Refusal.ProviderUnavailable)));

    [Theory]
    [InlineData(new double[] { 0, 10 }, false)]
    [InlineData(new double[] { 0, 10, 20 }, true)]
    [InlineData(new double[] { 0, 10, 300 }, true)]
    [InlineData(new double[] { 0, 10, 301 }, false)]
    [InlineData(new double[] { 0, 290, 300, 310 }, true)]
    public void Three_busy_refusals_within_five_minutes_are_stuck(double[] at, bool stuck) =>
        Assert.Equal(stuck ? new ReaderTrouble(TroubleKind.Stuck, At(at[^1])) : null,
            After([.. at.Select(one => (one, Busy))]));

    [Fact]
    public void Another_refusal_between_them_begins_the_row_anew() =>
        Assert.Null(After((0, Busy), (10, Busy), (20, Refusal.ReaderOffline), (30, Busy), (40, Busy)));

    [Theory]
    [InlineData(EventKind.Confirmed, false)]
    [InlineData(EventKind.Succeeded, false)]
    [InlineData(EventKind.Failed, false)]
    [InlineData(EventKind.Accepted, true)]
    [InlineData(EventKind.Started, true)]
    [InlineData(EventKind.Doubted, true)]
    [InlineData(EventKind.Cancelled, true)]
    public void Only_what_the_cloud_took_ends_the_trouble(EventKind kind, bool stays)
    {
        var removed = RefusedAt(1, Refusal.ProviderRefused("not-found"));

        var after = Reader.ApplyEvents(Ready, [removed, new(kind, CoffeeSent)]);

        Assert.Equal(stays, ReaderTrouble.Find(after) is not null);
    }

    /// <summary>Programs branch on the words and people read the rest, so this holds both lists word by word.</summary>
    [Fact]
    public void The_doubts_and_troubles_are_those_written_down()
    {
        Assert.Equal(Enum.GetValues<Doubt>().Select(one => $"{Word(one)} {one.ToSentence()}"),
            Table("docs/results.md", "| doubt |"));
        Assert.Equal(Enum.GetValues<TroubleKind>().Select(one => $"{Word(one)} {one.ToSentence()}"),
            Table("docs/stores.md", "| trouble |"));
    }

    [Fact]
    public void Each_doubt_and_trouble_says_what_to_do()
    {
        Assert.All(Enum.GetValues<Doubt>(), one => Assert.EndsWith(".", one.ToAdvice(), StringComparison.Ordinal));
        Assert.All(Enum.GetValues<TroubleKind>(),
            one => Assert.EndsWith(".", one.ToAdvice(), StringComparison.Ordinal));
    }

    private static ReaderTrouble? After(params (double At, Refusal Why)[] refusals) => ReaderTrouble.Find(
        Reader.ApplyEvents(Ready, [.. refusals.Select(one => RefusedAt(one.At, one.Why))]));

    private static ReaderEvent RefusedAt(double at, Refusal why) => new(EventKind.Refused, CoffeeSent with
    {
        Cloud = Attempt(CoffeeSent) with { Refused = why },
        UpdatedAt = At(at),
    });

    private static string Word<T>(T member) => $"`{JsonNamingPolicy.SnakeCaseLower.ConvertName($"{member}")}`";

    private static IEnumerable<string> Table(string document, string head) =>
        File.ReadLines(Path.Combine(Repo.Root, document))
            .SkipWhile(line => !line.StartsWith(head, StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => $"{cells[1]} {cells[2]}");
}
