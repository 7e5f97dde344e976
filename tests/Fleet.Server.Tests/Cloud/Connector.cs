using System.Net;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>
/// Two nodes: one in sandbox mode plays SumUp's cloud, with devices that are connected to it. The other one is linked
/// with it for one merchant, whose tills call it.
/// </summary>
public sealed class Connector : IAsyncLifetime
{
    public const string AppId = "com.example.fleet";

    private readonly bool _isLinked;
    private FleetApp? _cloud, _fleet, _stopped;

    public Connector() : this(isLinked: true) { }

    internal Connector(bool isLinked) => _isLinked = isLinked;

    /// <summary>The node that plays the cloud.</summary>
    public FleetApp Cloud => _cloud ?? throw new InvalidOperationException("It is not running.");

    /// <summary>The node that tills call.</summary>
    public FleetApp Fleet => _fleet ?? throw new InvalidOperationException("It is not running.");

    /// <summary>The linked merchant's till, at Fleet.</summary>
    public Till Till => Fleet.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey);

    /// <summary>The same merchant's till, at the cloud: what only SumUp knows.</summary>
    public Till CloudTill => Cloud.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey);

    public async ValueTask InitializeAsync()
    {
        _cloud = await FleetApp.Start(null, "--Fleet:Merchants:2:Sandbox=true");
        var url = Cloud.Address.ToString().TrimEnd('/');
        _fleet = await FleetApp.Start(null, _isLinked ? LinkTo(url) : AddressOf(url));
    }

    public async ValueTask DisposeAsync()
    {
        if (_fleet is not null) await _fleet.DisposeAsync();
        if (_stopped is not null) await _stopped.DisposeAsync(); // its folder is the other one's
        if (_cloud is not null) await _cloud.DisposeAsync();
    }

    /// <summary>The settings that link the live merchant with a cloud.</summary>
    public static string[] LinkTo(string url) =>
    [
        .. AddressOf(url),
        "--Fleet:Cloud:ReconcileAt=",
        $"--Fleet:Merchants:2:SumUp:ApiKey={FleetApp.LiveKey}", $"--Fleet:Merchants:2:SumUp:AffiliateAppId={AppId}",
        $"--Fleet:Merchants:2:SumUp:AffiliateKey={FleetApp.LiveAffiliateKey}",
    ];

    /// <summary>The settings that say where the cloud is.</summary>
    public static string[] AddressOf(string url) =>
    [
        $"--Fleet:Cloud:BaseUrl={url}", "--Fleet:Cloud:TestBase=true", "--Fleet:Cloud:RequestsPerSecond=100",
        "--Fleet:Cloud:Burst=200",
    ];

    /// <summary>Starts Fleet's node again, on its data.</summary>
    public async Task RestartFleet()
    {
        var folder = Fleet.Folder;
        await Fleet.Stop();
        (_stopped, _fleet) = (_fleet, await FleetApp.Start(folder, AddressOf(Cloud.Address.ToString().TrimEnd('/'))));
    }

    /// <summary>A device that is connected to the cloud and paired through Fleet; and the id of its reader.</summary>
    public async Task<(TestDevice Device, string ReaderId)> PairedDevice(string name = "Lane", bool hasMenuLock = false)
    {
        var device = await Cloud.Device();
        if (hasMenuLock) (device.Firmware, device.MenuLock) = ("3.3.44.0", new(false));
        await device.Introduce();
        var code = await device.Expect<PairingCode>();
        using var answer = await Till.Post("readers", new { pairing_code = code.Code, name });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        await device.ConfirmPairing();
        return (device, (await answer.Json()).GetProperty("id").GetString() ?? "");
    }

    /// <summary>An order of 15.00 EUR for a sale of its own.</summary>
    public static object Coffee(int? deadlineSeconds = null) => new
    {
        deadline_seconds = deadlineSeconds,
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
        affiliate = new
        {
            app_id = AppId, key = FleetApp.LiveAffiliateKey, foreign_transaction_id = $"sale-{Guid.NewGuid():N}",
        },
    };

    /// <summary>Waits for an outcome while the clocks go on.</summary>
    public Task BecomesOf(string readerId, Guid checkoutId, string outcome, double step = 0.5) =>
        Eventually.Equal(outcome, () => Till.Outcome(readerId, checkoutId), () => Fleet.Pass(step));
}
