using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Core.Errors;

namespace Fleet.Server.Cloud;

/// <summary>Translates what the cloud answered about refunds into what the rules read.</summary>
internal static class RefundMapping
{
    private const string Refund = "REFUND", Failed = "FAILED";

    /// <summary>It is SumUp's word, and Fleet's, too.</summary>
    private static readonly string WrongAmount = ErrorCatalogue.Of(RefusalCode.RefundTooLarge).Code;

    /// <summary>The answer to the attempt to refund. Why an amount is wrong stands inside of the error.</summary>
    public static CreateAnswer ToRefundAnswer(this CloudAnswer<WireNothing> answer)
    {
        var read = new CloudAnswer<WireIds>(
            answer.Failure, answer.Status, null, answer.Error, answer.RetryAfter, answer.Problem).ToCreateAnswer();
        return answer.Error?.Fields.Any(field => field.Name == WrongAmount) is true
            ? read with { Type = WrongAmount }
            : read with { IsUnreadable = answer.Failure is CloudFailure.Unreadable };
    }

    /// <summary>What a read of a transaction says about its refunds.</summary>
    public static RefundRead ToRefundRead(this CloudAnswer<WireTransaction> answer, DateTimeOffset at) =>
        answer.Body is { } read ? new(ReadResult.Found, at, read.Id, read.ReadRefunded())
            : new(answer.IsNotFound ? ReadResult.NotFound : ReadResult.Failed, at);

    /// <summary>
    /// What was given back, in minor units. Null when it is not told: that is not zero, and also not what a list
    /// without amounts says.
    /// </summary>
    public static long? ReadRefunded(this WireTransaction read)
    {
        if (read.Events is not { } events) return read.ReadMinor(read.RefundedAmount);
        var sum = events.Where(one => IsWord(one.Type, Refund) && !IsWord(one.Status, Failed))
            .Aggregate((decimal?)0, (all, one) => all + (one.Amount is { } amount ? Math.Abs(amount) : null));
        return sum is 0 && read.Status is WireTransactionStatus.Refunded ? null : read.ReadMinor(sum);
    }

    private static bool IsWord(string? text, string word) =>
        string.Equals(text, word, StringComparison.OrdinalIgnoreCase);
}
