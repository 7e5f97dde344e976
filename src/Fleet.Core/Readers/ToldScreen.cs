using Fleet.Core.Checkouts;

namespace Fleet.Core.Readers;

/// <summary>Which screen of a reader is reported to tills, in SumUp's words.</summary>
public static class ToldScreen
{
    /// <summary>Nothing to do.</summary>
    public const string Idle = "IDLE";

    /// <summary>The customer chooses a tip.</summary>
    public const string SelectingTip = "SELECTING_TIP";

    /// <summary>The customer presents a card.</summary>
    public const string WaitingForCard = "WAITING_FOR_CARD";

    /// <summary>
    /// What the device reported last. While a checkout is open and the device has reported nothing about it, or only
    /// that it is idle, the result is the first screen of that checkout: a till takes <c>IDLE</c> for the end of its
    /// payment, and must not read it before the device has shown the checkout. It does not matter whether the device is
    /// connected.
    /// </summary>
    /// <param name="said">The screen that the device reported last; null when it has reported none.</param>
    /// <param name="about">The checkout that was open at that report; null when there was none.</param>
    /// <param name="open">The checkout that is open now.</param>
    public static string? ChooseScreen(string? said, Guid? about, Checkout? open) => open switch
    {
        null => said,
        _ when about == open.Id && said is not (null or Idle) => said,
        { Terms.TipRates.Count: > 0 } => SelectingTip,
        _ => WaitingForCard,
    };
}
