using Fleet.Protocol;

namespace Fleet.Simulator.Devices;

/// <summary>
/// What a customer does with a payment in hand, beside presenting a card. The answer of each is why not; null when it
/// is done.
/// </summary>
internal static class Keypad
{
    public const string NoKey = "There is nothing to press this key for.";

    /// <summary>Takes the card out of the device.</summary>
    public static string? RemoveCard(Payment? payment, TimeSpan now) =>
        payment?.Screen is Screens.WaitingForPin or Screens.WaitingForSignature
            ? End(payment, new(Outcomes.Failed, Reasons.CardRemoved), now)
            : "There is no card in the device.";

    /// <summary>Chooses a tip: one of the offered rates, or 0.</summary>
    public static string? ChooseTip(decimal rate, Payment? payment, TimeSpan now)
    {
        if (payment?.Screen is not Screens.SelectingTip) return "There is no tip to choose now.";
        if (!IsOffered(rate, payment)) return NotOffered(rate);
        payment.Tip = Cardholder.TipOf(payment.Checkout.Amount, rate);
        payment.MoveAt = now;
        return null;
    }

    /// <summary>Presses cancel, also before the first screen.</summary>
    public static string? Cancel(Payment? payment, TimeSpan now)
    {
        if (payment is null) return NoKey;
        if (payment.Screen is not null) return End(payment, PlanEnd.Cancelled, now);
        payment.FollowPlan(
            new(null, [new(Screens.WaitingForCard, TimeSpan.Zero)], null, PlanEnd.Cancelled), now);
        return null;
    }

    private static string? End(Payment payment, PlanEnd end, TimeSpan now)
    {
        var card = payment.Screen is Screens.WaitingForPin or Screens.WaitingForSignature
            ? payment.Plan.End.Card
            : null;
        payment.FollowPlan(new(null, [], null, end with { Card = card is null ? null : card with { AuthCode = null } }),
            now);
        return null;
    }

    /// <summary>Goes back from the PIN to the card.</summary>
    public static string? GoBack(Payment? payment, TimeSpan now)
    {
        payment?.FollowPlan(new(null, [new(Screens.WaitingForCard, Cardholder.CardPatience)], null,
            new(Outcomes.Cancelled, Reasons.NoCardInTime)), now);
        return null;
    }

    /// <summary>Whether the customer can choose this tip.</summary>
    public static bool IsOffered(decimal rate, Payment payment) =>
        rate == 0 || (payment.Checkout.TipRates?.Contains(rate) ?? false);

    /// <summary>Why that tip cannot be chosen.</summary>
    public static string NotOffered(decimal rate) =>
        FormattableString.Invariant($"The tip rate {rate} is not offered.");
}
