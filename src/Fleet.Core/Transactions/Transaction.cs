using Fleet.Core.Checkouts;

namespace Fleet.Core.Transactions;

/// <summary>How a transaction is, in the words of the Transactions API.</summary>
public enum TransactionStatus
{
    /// <summary>The outcome is not known yet.</summary>
    Pending,

    /// <summary>The card was charged.</summary>
    Successful,

    /// <summary>The payment did not go through.</summary>
    Failed,

    /// <summary>Ended before a payment.</summary>
    Cancelled,

    /// <summary>The card was charged, and all or some of it was given back.</summary>
    Refunded,
}

/// <summary>
/// A checkout seen as a transaction. The same record answers both APIs, so they cannot contradict each other.
/// </summary>
public static class Transaction
{
    /// <summary>Letters of a transaction code after its first, which is T: 55 bits of the checkout's id.</summary>
    public const int CodeLetters = 11;

    private const int BitsPerLetter = 5;

    /// <summary>The status of the transaction.</summary>
    public static TransactionStatus GetStatus(this Checkout checkout) => checkout.State switch
    {
        CheckoutState.Successful when checkout.Refunds.Count > 0 => TransactionStatus.Refunded,
        CheckoutState.Successful => TransactionStatus.Successful,
        CheckoutState.Failed => TransactionStatus.Failed,
        CheckoutState.Cancelled => TransactionStatus.Cancelled,
        _ => TransactionStatus.Pending,
    };

    /// <summary>When it happened: the time of its outcome, and before the outcome the time of its acceptance.</summary>
    public static DateTimeOffset OccurredAt(this Checkout checkout) =>
        checkout.IsOpen ? checkout.AcceptedAt : checkout.EndedAt ?? checkout.UpdatedAt;

    /// <summary>What the customer paid or was to pay, with the tip, in minor units.</summary>
    public static long TotalAmount(this Checkout checkout) => checkout.Terms.Charge.Value + checkout.ChosenTip;

    /// <summary>The id under which the caller finds the transaction: its own one, or the one that Fleet made.</summary>
    public static string ClientId(this Checkout checkout) =>
        checkout.Terms.CallersId ?? checkout.ClientTransactionId.ToString();

    /// <summary>What was refunded, in minor units.</summary>
    public static long RefundedAmount(this Checkout checkout) => checkout.Refunds.Sum(refund => refund.Amount);

    /// <summary>What can still be refunded, in minor units.</summary>
    public static long RefundableAmount(this Checkout checkout) =>
        checkout.State is CheckoutState.Successful ? checkout.TotalAmount() - checkout.RefundedAmount() : 0;

    /// <summary>The short code that people read from a receipt; it is computed from the id.</summary>
    public static string TransactionCode(this Checkout checkout)
    {
        Span<byte> bytes = stackalloc byte[16];
        checkout.Id.TryWriteBytes(bytes, bigEndian: true, out _);
        var bits = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        return string.Create(CodeLetters + 1, bits, static (code, bits) =>
        {
            code[0] = 'T';
            for (var i = CodeLetters; i > 0; i--, bits >>= BitsPerLetter) code[i] = Ids.Alphabet[(int)(bits % 32)];
        });
    }

    /// <summary>Whether a text can be a transaction code; if not, no search is needed.</summary>
    public static bool IsCode(string text) =>
        text.Length == CodeLetters + 1 && text[0] == 'T' && text.All(letter => Ids.Alphabet.Contains(letter));
}
