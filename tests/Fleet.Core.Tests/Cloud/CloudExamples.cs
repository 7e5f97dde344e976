using Fleet.Core.Cloud;
using Fleet.Core.Transactions;

namespace Fleet.Core.Tests;

/// <summary>The coffee and the cake as SumUp's cloud carries them out: each was sent 5 seconds after noon.</summary>
internal static class CloudExamples
{
    public const string CloudReader = "rdr_1JHCGHNM3095NBKJP2CMDWJTDQ";

    public static readonly CloudIds CoffeeIds =
        new("4f2a0d6e-1c1b-4e52-9c3a-1a3f0a3b7a10", "0d9c1d5e-55aa-4c7b-8f21-7b1b1a2c3d4e");

    public static readonly CardRead Visa = new("4242", "VISA", EntryMode.Contactless, null);

    public static readonly Checkout CoffeeSent = SentOf(CoffeeStarted);

    public static readonly Checkout CoffeeTaken = CoffeeSent.Knows(CoffeeIds, at: 6);

    public static readonly Checkout CoffeeDoubted = CoffeeSent.IsDoubted(Doubt.NoAnswer, at: 13);

    public static readonly Checkout CakeTaken =
        SentOf(Accepts(Cake, at: 0).Checkout.Starts(at: 5).Checkout).Knows(CoffeeIds, at: 6);

    public static Checkout Knows(this Checkout sent, CloudIds ids, double at) => sent with
    {
        Cloud = Attempt(sent) with
        {
            CheckoutId = ids.CheckoutId,
            ClientTransactionId = ids.ClientTransactionId,
            TransactionCode = ids.TransactionCode,
            Doubt = null,
            DoubtSince = null,
        },
        UpdatedAt = At(at),
    };

    public static Checkout IsDoubted(this Checkout sent, Doubt doubt, double at) => sent with
    {
        Cloud = Attempt(sent) with { Doubt = doubt, DoubtSince = At(at) },
        UpdatedAt = At(at),
    };

    public static CloudAttempt Attempt(Checkout sent) =>
        sent.Cloud ?? throw new InvalidOperationException("It was not sent to the cloud.");

    // What the cloud says.

    public static CloudFinding Says(
        this CloudSource source, CloudStatus status, long? amount = null, long? tip = null, double at = 20) =>
        new(source, ReadResult.Found, At(at))
        {
            Status = status, Tip = tip, Amount = amount is { } value ? new("EUR", 2, value) : null, Ids = CoffeeIds,
        };

    public static CloudFinding FindsNothing(this CloudSource source, double at = 130) =>
        new(source, ReadResult.NotFound, At(at));

    public static CloudFinding Fails(this CloudSource source, double at = 130) =>
        new(source, ReadResult.Failed, At(at));

    // The questions, as a spec asks them.

    public static Func<Reader, Decision> Sends(StartCheckout ask, double at) =>
        reader => CloudRules.BeginAttempt(reader, ask.CheckoutId, CloudReader, At(at));

    public static Func<Reader, Decision> Confirms(Checkout? named, CloudIds ids, double at) =>
        reader => CloudRules.ConfirmAttempt(reader, named, ids, At(at));

    public static Func<Reader, Decision> CloudRefuses(Checkout? named, double at) =>
        reader => CloudRules.RefuseAttempt(reader, named, Refusal.ProviderUnavailable, At(at));

    public static Func<Reader, Decision> Answers(Checkout? named, Sorted answer, double at) =>
        reader => CloudRules.TakeAnswer(reader, named, answer, At(at));

    public static Func<Reader, Decision> Reads(Checkout? named, CloudReads reads, double at) =>
        reader => CloudRules.TakeReads(reader, named, reads, At(at));

    public static Func<Reader, Decision> Doubts(Checkout? named, Doubt doubt, double at) =>
        reader => CloudRules.DoubtAttempt(reader, named, doubt, At(at));

    public static Func<Reader, Decision> EndsUnstarted(Checkout? named, double at) =>
        reader => CloudRules.EndUnstarted(reader, named, At(at));

    public static Func<Reader, Decision> Proves(Checkout? named, Evidence evidence, double at) =>
        reader => CloudRules.TakeEvidence(reader, named, evidence, At(at));

    private static Checkout SentOf(Checkout started) => started with
    {
        Cloud = new(CloudReader, CloudAttempt.ForeignIdOf(started.Id), At(5)),
    };
}
