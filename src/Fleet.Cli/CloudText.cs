using Fleet.Core.Errors;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>What people are told about a payment in SumUp's cloud, and about a reader of it.</summary>
internal static class CloudText
{
    /// <summary>Why it is not known how a payment ends, and what to do.</summary>
    public static string DescribeDoubt(Proto.Doubt doubt) =>
        $"It is not known how this ends, since {doubt.Since.ToText()}: {doubt.Code}. {doubt.Sentence} {doubt.Advice}";

    /// <summary>What SumUp said when it did not take a payment, and what to do; null when it took it.</summary>
    public static string? DescribeRefusal(Proto.Checkout checkout) => checkout.Refused is not { } refused
        ? null
        : $"Refused with {refused.Reason}: {refused.Message} {ErrorCatalogue.Find(refused.Reason)?.Operator}".TrimEnd();

    /// <summary>That it is not known whether a refund was made, and what to do; null when none is open.</summary>
    public static string? DescribeOpenRefund(Proto.CheckoutTimeline timeline) =>
        timeline.Events.LastOrDefault(told => told.Kind.StartsWith("refund", StringComparison.Ordinal))?.Kind
            is "refund_begun" or "refund_doubted"
            ? "A refund is open: SumUp has not shown whether it was made. Fleet goes on reading. If it stays open, "
                + "another refund was made at SumUp at the same time: compare the sum there, and make further refunds "
                + "there."
            : null;

    /// <summary>By what a payment is found at SumUp; null when it was not sent there.</summary>
    public static string? DescribeReference(Proto.Checkout checkout)
    {
        if (checkout.Cloud is not { } cloud) return null;
        (string Name, string Id)[] ids =
        [
            ("reader", cloud.ReaderId), ("reference", cloud.ForeignTransactionId), ("checkout", cloud.CheckoutId),
            ("client transaction", cloud.ClientTransactionId), ("transaction code", cloud.TransactionCode),
        ];
        return "At SumUp: "
            + string.Join(", ", ids.Where(one => one.Id.Length > 0).Select(one => $"{one.Name} {one.Id}")) + ".";
    }

    /// <summary>That SumUp has trouble, and what to do; null when it has none.</summary>
    public static string? DescribeCloud(Proto.FleetStatusReply status)
    {
        if (status.Cloud is not { Trouble: true } cloud) return null;
        var count = cloud.Merchants > 0 ? $" ({cloud.Suspect} of {Display.CountOf(cloud.Merchants, "merchant")})" : "";
        return $"SumUp has trouble since {cloud.Since.ToText()}: most calls to it fail{count}. It is SumUp, or the way "
            + "to it, and not the shops: let them take other means of payment until it is over.";
    }

    /// <summary>What is wrong between a reader and SumUp, and what to do; null for nothing.</summary>
    public static string? DescribeTrouble(Proto.Reader reader) => reader.Trouble is not { } trouble
        ? null
        : $"The reader has trouble since {trouble.Since.ToText()}: {trouble.Code}. {trouble.Sentence} {trouble.Advice}";
}
