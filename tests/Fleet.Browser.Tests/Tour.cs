namespace Fleet.Browser.Tests;

/// <summary>Leads one reader over all of its screens, and calls a visitor at each of them.</summary>
/// <param name="solo">A reader that was just switched on.</param>
/// <param name="till">Pairs it and starts its checkouts.</param>
/// <param name="visit">Looks at the screen, whose name it gets.</param>
internal sealed class Tour(SoloReader solo, Till till, Func<string, Task> visit)
{
    /// <summary>The name of the stop at which all panels beside the reader are open.</summary>
    public const string Panels = "panels";

    private const long Cents = 1250;
    private const string LockDigits = "2468";

    public async Task Lead()
    {
        var reader = await BecomeReader();
        await LookAtMenu();
        await Pay(reader);
        await LookBeside();
    }

    private async Task<string> BecomeReader()
    {
        await Stop("login");
        await Go("log-in", "unpaired");
        await Go("menu", "drawer");
        await Go("connections", "connections");
        await Go("api", "api");
        await solo.Press("connect");
        await solo.Part("code").WaitForAsync();
        await Stop("code");
        var id = await till.Pair(await solo.Part("code").InnerTextAsync(), "Till 1");
        await Stop("paired");
        await Stop("idle");
        return id;
    }

    private async Task LookAtMenu()
    {
        await solo.OpenPanel("faults");
        await solo.Part("firmware-choice").SelectOptionAsync("3.3.44.0"); // which has the menu lock
        await solo.Press("menu");
        await solo.Press("connections");
        await Go("api", "api", "api-connected");
        foreach (var _ in new[] { "connections", "drawer" }) await solo.Press("back");
        await Go("settings", "settings");
        await Go("menu-lock", "lock");
        await solo.TypePin(LockDigits);
        await solo.Part("lock-off").WaitForAsync();
        await Stop("lock", "lock-on");
        foreach (var _ in new[] { "settings", "drawer", "idle" }) await solo.Press("back");
        await Go("menu", "unlock");
        await solo.TypePin(LockDigits);
        await solo.Press("settings");
        await Go("device-settings", "device");
        await Go("about", "about");
        foreach (var _ in new[] { "device", "settings", "drawer", "idle" }) await solo.Press("back");
        await solo.Shows("idle");
    }

    private async Task Pay(string reader)
    {
        await till.Start(reader, Cents, 0.05m, 0.10m, 0.15m);
        await Stop("tip");
        await Go("tip-0.15", "card");
        await solo.Present("asks_pin", "insert");
        await Stop("pin");
        await solo.TypePin("1234");
        await Stop("end", "end-approved");
        await till.Start(reader, Cents);
        await solo.Shows("card");
        await solo.Present("asks_signature", "insert");
        await Stop("signature");
        await solo.Press("cancel");
        await Stop("end", "end-cancelled");
        await solo.Part("lag").SelectOptionAsync("1000");
        await solo.Part("pace").SelectOptionAsync("5");
        await till.Start(reader, Cents);
        await Stop("asking");
        await solo.Part("lag").SelectOptionAsync("0");
        await solo.Shows("card");
        await solo.Present("declined");
        await Stop("authorising");
        await Stop("end", "end-declined");
    }

    private async Task LookBeside()
    {
        foreach (var panel in new[] { "till", "faults", "wire" }) await solo.OpenPanel(panel);
        await visit(Panels);
        await solo.Part("updating").CheckAsync();
        await Stop("updating");
        await solo.Part("updating").UncheckAsync();
        await Go("power", "off");
    }

    private async Task Go(string key, string screen, string? name = null)
    {
        await solo.Press(key);
        await Stop(screen, name);
    }

    private async Task Stop(string screen, string? name = null)
    {
        await solo.Shows(screen);
        await visit(name ?? screen);
    }
}
