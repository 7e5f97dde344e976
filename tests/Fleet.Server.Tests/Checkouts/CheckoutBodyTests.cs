using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;

namespace Fleet.Server.Tests;

/// <summary>What the ledger stores of a checkout is what the serializer would write, byte for byte.</summary>
public sealed class CheckoutBodyTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    private static readonly DateTimeOffset Odd = Noon.AddTicks(1_234_560);

    private static readonly Checkout Least = new()
    {
        Id = Guid.Parse("0194b0a5-0000-7000-8000-000000000001"),
        ClientTransactionId = Guid.Parse("11111111-2222-3333-4444-555555555555"),
        MerchantCode = "MC0X0ABC",
        ReaderId = "rdr_a",
        Terms = new() { Amount = new("EUR", 2, 350) },
        Serial = "7",
        Firmware = "1",
        AcceptedAt = Noon,
        ValidUntil = Noon.AddSeconds(60),
        UpdatedAt = Noon,
        State = CheckoutState.Accepted,
    };

    private static readonly CheckoutTerms AllTerms = new()
    {
        Amount = new("HUF", 0, Money.MaxValue),
        Description = "Zwei Kaffee \"groß\" & <Kuchen> 🍰\u2028\t+'",
        CardType = CardType.Debit,
        Installments = 12,
        TipRates = [0.05m, 0.10m, 0.99m],
        TipTimeoutSeconds = 120,
        ReturnUrl = "https://till.example/hook?a=1&b=ü",
        Affiliate = new("app", "key", "order/7", """{"a":"<b>"}"""),
        Aade = new("provider", "signature", "data"),
        FixedTip = 20,
        HasDefaultReturnUrl = true,
        CallersId = "caller-1",
        DeadlineSeconds = 90,
        Till = "Kasse 1",
    };

    private static readonly Checkout All = Least with
    {
        Terms = AllTerms,
        UpdatedAt = Odd,
        State = CheckoutState.Failed,
        Reason = Reason.WrongPin,
        Tip = 20,
        TerminateRequested = true,
        Disputed = true,
        EndedAt = Odd,
        Refunds = [new(Guid.Parse("11111111-2222-3333-4444-555555555556"), 17, 100, Odd)],
        Card = new("1234", "VISA", EntryMode.ManualEntry, "A1"),
        Store = "Süd",
        Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        Claims = [new(new(CheckoutState.Successful, null, 350, 0, new("1234", "VISA", null, null)), Odd)],
        Record = new("seen on the receipt", "4711", "key-1", "Anna", Odd),
        Cloud = new("rdr_c", "fleet-7", Noon, "c-1", "t-1", "TEENSK4W2K", Doubt.NoResult, Odd,
            new(RefusalCode.ReaderBusy, new(Guid.Empty, CheckoutState.Started, Noon), Why: "busy")),
        PendingRefund = new(Guid.Parse("11111111-2222-3333-4444-555555555557"), 5, 0, Odd, 2, Doubt.Reset),
        RecordedRefund = new(Guid.Empty, true, 5, 0, "seen", "key-1", "Anna", Odd, true),
        StoppedByDeadline = true,
        EndAskedAt = Odd,
    };

    public static TheoryData<string> Members =>
    [
        .. Writable(typeof(Checkout)).Select(member => member.Name),
        .. Writable(typeof(CheckoutTerms)).Select(member => $"Terms.{member.Name}"),
    ];

    [Fact]
    public void The_least_that_a_checkout_has_is_written_as_it_always_was() => Assert.Equal(
        """
        {"id":"0194b0a5-0000-7000-8000-000000000001","client_transaction_id":"11111111-2222-3333-4444-555555555555",
        "merchant_code":"MC0X0ABC","reader_id":"rdr_a","terms":{"amount":{"currency":"EUR","minor_unit":2,"value":350},
        "tip_rates":[],"tip_timeout_seconds":30},"serial":"7","firmware":"1",
        "accepted_at":"2026-01-15T12:00:00+00:00","valid_until":"2026-01-15T12:01:00+00:00",
        "updated_at":"2026-01-15T12:00:00+00:00","state":"accepted","tip":0,"terminate_requested":false,
        "disputed":false,"refunds":[],"store":"default","stopped_by_deadline":false}
        """.ReplaceLineEndings(""), Written(Least));

    [Fact]
    public void All_that_a_checkout_can_have_is_written_as_by_the_serializer() => AssertSame(All);

    [Theory]
    [MemberData(nameof(Members))]
    public void Each_member_alone_is_written_as_by_the_serializer(string member)
    {
        AssertSame(Mix(Least, All, member));
        AssertSame(Mix(All, Least, member));
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void The_example_of_these_tests_has_every_member(string member) =>
        Assert.True(IsSomething(ValueOf(All, member)), $"Give {member} a value, so that it is compared.");

    [Fact]
    public void Every_state_every_reason_and_every_kind_of_card_has_its_word()
    {
        foreach (var state in Enum.GetValues<CheckoutState>()) AssertSame(All with { State = state });
        foreach (var reason in Enum.GetValues<Reason>()) AssertSame(All with { Reason = reason });
        foreach (var type in Enum.GetValues<CardType>())
            AssertSame(All with { Terms = AllTerms with { CardType = type } });
        foreach (var mode in Enum.GetValues<EntryMode>())
            AssertSame(All with { Card = new("1234", "VISA", mode, null) });
    }

    [Fact]
    public void A_word_of_a_newer_version_is_written_as_by_the_serializer() =>
        AssertSame(All with { Reason = (Reason)(-1), Card = new("1234", "VISA", (EntryMode)(-1), null) });

    [Fact]
    public void A_state_that_no_version_has_is_not_saved()
    {
        var odd = Least with { State = (CheckoutState)(-1) };

        Assert.Throws<JsonException>(() => Serialized(odd));
        Assert.Throws<JsonException>(() => CheckoutBody.Write(odd));
        AssertSame(Least); // and the next one is written as ever
    }

    [Fact]
    public void A_text_may_be_longer_than_the_memory_that_is_kept()
    {
        AssertSame(Least with { Terms = AllTerms with { Description = new string('ä', 60_000) } });
        AssertSame(Least);
    }

    private static void AssertSame(Checkout checkout) => Assert.Equal(Serialized(checkout), Written(checkout));

    /// <summary>The memory is used again, so that what is left of another text would be seen.</summary>
    private static string Written(Checkout checkout)
    {
        var scratch = CheckoutBody.Write(checkout);
        var text = Encoding.UTF8.GetString(scratch.Text.Span);
        scratch.GiveBack();
        return text;
    }

    private static string Serialized(Checkout checkout) =>
        JsonSerializer.Serialize(checkout, StorageJson.Default.Checkout);

    private static IEnumerable<PropertyInfo> Writable(Type type) =>
        type.GetProperties().Where(member => member.CanWrite);

    /// <summary>One checkout with one member of another.</summary>
    private static Checkout Mix(Checkout most, Checkout one, string member)
    {
        var copy = most with { Terms = most.Terms with { } };
        var (owner, name) = OwnerOf(copy, member);
        var property = owner.GetType().GetProperty(name) ?? throw new ArgumentException(member);
        property.SetValue(owner, ValueOf(one, member));
        return copy;
    }

    private static object? ValueOf(Checkout checkout, string member)
    {
        var (owner, name) = OwnerOf(checkout, member);
        return owner.GetType().GetProperty(name)?.GetValue(owner);
    }

    private static (object Owner, string Name) OwnerOf(Checkout checkout, string member) =>
        member.Split('.') is [_, var inner] ? (checkout.Terms, inner) : (checkout, member);

    private static bool IsSomething(object? value) => value switch
    {
        null => false,
        bool flag => flag,
        long number => number != 0,
        ICollection list => list.Count > 0,
        _ => true,
    };
}
