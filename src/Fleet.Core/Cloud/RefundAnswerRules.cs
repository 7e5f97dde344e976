using Fleet.Core.Errors;

namespace Fleet.Core.Cloud;

/// <summary>
/// The rules for the answer to an attempt to refund. Only an answer that certainly means no is a refusal: after
/// everything else the money may be on its way to the card.
/// </summary>
public static class RefundAnswerRules
{
    private static readonly string? WrongAmount =
        AnswerRules.ShortenType(ErrorCatalogue.Of(RefusalCode.RefundTooLarge).Code);

    /// <summary>Sorts the answer to the attempt.</summary>
    public static Sorted SortAnswer(CreateAnswer answer) => AnswerRules.SortUnanswered(answer) ?? answer.Status switch
    {
        >= 200 and < 300 when !answer.IsUnreadable => new Sorted(Verdict.Accepted),
        400 or 401 or 403 or 404 or 422 => SortRefusal(answer),
        _ => Doubt.BadAnswer,
    };

    /// <summary>How much is left is not told: SumUp knows another sum than the one that was read.</summary>
    private static Refusal SortRefusal(CreateAnswer answer)
    {
        var type = AnswerRules.ShortenType(answer.Type);
        return type is not null && type == WrongAmount
            ? new(RefusalCode.RefundTooLarge)
            : Refusal.ProviderRefused(type ?? AnswerRules.TypeOf(answer.Status));
    }
}
