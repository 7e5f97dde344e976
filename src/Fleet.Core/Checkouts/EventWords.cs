namespace Fleet.Core.Checkouts;

/// <summary>What the events of a timeline mean, in words that continue with who made them happen.</summary>
public static class EventWords
{
    /// <summary>What happened.</summary>
    /// <param name="kind">The kind of the event, as the timeline has it.</param>
    public static string Describe(string kind) => kind switch
    {
        "accepted" => "accepted the order",
        "started" => "asked to start, and was allowed to",
        "terminate_requested" => "asked the device to stop",
        "succeeded" => "charged the card",
        "failed" => "charged nothing",
        "cancelled" => "cancelled",
        "disputed" => "contradicts the record",
        "refunded" => "gave money back",
        "confirmed" => "SumUp has the order",
        "refused" => "SumUp refused the order",
        "doubted" => "does not know what SumUp did",
        "refund_begun" => "asked SumUp to give money back",
        "refund_doubted" => "does not know whether SumUp gives it back",
        "refund_dropped" => "gave nothing back",
        "refund_disputed" => "SumUp shows the opposite of what was recorded about a refund",
        SnakeCase.Unrecognized => "did what only a newer version of Fleet has a word for",
        _ => kind,
    };
}
