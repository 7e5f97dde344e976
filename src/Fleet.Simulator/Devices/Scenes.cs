using Fleet.Protocol;

namespace Fleet.Simulator.Devices;

/// <summary>What is on the device, numbered, as a test sees it.</summary>
internal sealed class Scenes(Slot slot, TestSetup setup, Reports reports, Journal journal)
{
    /// <summary>What is on the device since the last <see cref="Note"/>.</summary>
    public DeviceScene Now { get; private set; } = new() { Version = 0, Screen = SceneScreens.Idle };

    /// <summary>Notes what has changed.</summary>
    public void Note()
    {
        var next = TakeScene();
        if (next != Now) Now = next with { Version = Now.Version + 1 };
    }

    private DeviceScene TakeScene() => new()
    {
        Version = Now.Version,
        Screen = ScreenOf(slot.Payment),
        CheckoutId = slot.Payment?.Id,
        Amount = slot.Payment?.Checkout.Amount,
        Currency = slot.Payment?.Checkout.Currency,
        Tip = slot.Payment?.Tip,
        LastCheckoutId = slot.LastResult?.CheckoutId,
        LastOutcome = slot.LastResult?.Outcome,
        LastReason = slot.LastResult?.Reason,
        WaitingResults = reports.Count,
        Charges = journal.Charges.Count,
        Scripted = setup.Script.Count,
        Scenario = ScenarioNames.NameOf(setup.Scenario),
        Battery = setup.Vitals.BatteryLevel,
        Connection = setup.Vitals.Network,
        Firmware = setup.Firmware,
    };

    private string ScreenOf(Payment? payment) => payment switch
    {
        null => slot.IsUpdating ? SceneScreens.Updating : SceneScreens.Idle,
        { Phase: Phase.Authorising } => SceneScreens.Authorising,
        { Screen: Screens.SelectingTip } => SceneScreens.Tip,
        { Screen: Screens.WaitingForCard } => SceneScreens.Card,
        { Screen: Screens.WaitingForPin } => SceneScreens.Pin,
        { Screen: Screens.WaitingForSignature } => SceneScreens.Signature,
        _ => SceneScreens.Asking,
    };
}
