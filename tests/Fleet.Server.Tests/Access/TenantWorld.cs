using System.Net;
using System.Text.Json;
using Fleet.Core.Incidents;
using Fleet.Protocol;
using Fleet.Server.Incidents;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>A node with the objects of two stores of one merchant, and those of another merchant.</summary>
public sealed class TenantWorld : IAsyncLifetime
{
    private static readonly string[] Everything =
    [
        "readers.read", "readers.write", "checkouts.read", "checkouts.write", "transactions.read", "receipts.read",
        "refunds.write", "outcomes.write", "webhooks.write", "fleet.read", "incidents.write", "tests.write",
        "admin",
    ];

    private static readonly Uri Nowhere = new("https://nowhere.invalid/");

    private readonly List<TestDevice> _devices = [];
    private Objects? _mine, _here, _theirs;
    private int _new;

    public FleetApp Fleet { get; } = new();

    internal IReadOnlyList<Operation> Operations { get; private set; } = [];

    /// <summary>Of the merchant's first store, of its second, and of the other merchant.</summary>
    internal Objects Mine => _mine ?? throw NotReady;

    internal Objects Here => _here ?? throw NotReady;

    internal Objects Theirs => _theirs ?? throw NotReady;

    /// <summary>Keys by what they are.</summary>
    internal Dictionary<string, string?> Keys { get; } = [];

    private Till Other => Fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);

    private static Exception NotReady => new InvalidOperationException("The node is not running.");

    internal MatrixCaller Caller(string kind, string merchant = FleetApp.Merchant) =>
        new(Fleet, merchant, Keys[kind]);

    public async ValueTask InitializeAsync()
    {
        await Fleet.InitializeAsync();
        Operations = Operation.Of(Fleet);
        await Fleet.PutRows(1, Nowhere, "delivered", Fleet.Clock.GetUtcNow());
        var delivered = (await Fleet.Till.Deliveries("?state=delivered")).GetProperty("items")[0].Text("id");
        _mine = (await Made(Fleet.Till, FleetApp.Merchant, "berlin")) with { Event = delivered };
        _here = await Made(Fleet.Till, FleetApp.Merchant, "munich");
        _theirs = await Made(Other, FleetApp.OtherMerchant, "london");
        var revoked = await Fleet.Till.MakeKey(new { name = "revoked", scopes = Everything });
        await Fleet.Till.Revoke(revoked.Id);
        string[] reading = [.. Everything.Where(scope => scope.EndsWith(".read", StringComparison.Ordinal))];
        Keys["no"] = null;
        Keys["bad"] = "wrong-key";
        Keys["revoked"] = revoked.Key;
        Keys["reading"] = (await Fleet.Till.MakeKey(new { name = "reads", scopes = reading })).Key;
        Keys["store"] = (await Fleet.Till.MakeKey(new { name = "store", scopes = Everything, store = "munich" })).Key;
        (Keys["full"], Keys["other"], Keys["chain"]) = (FleetApp.Key, FleetApp.OtherKey, FleetApp.ChainKey);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var device in _devices) await device.DisposeAsync();
        await Fleet.DisposeAsync();
    }

    /// <summary>How the objects of the merchant's first store are.</summary>
    internal async Task<string> State() => string.Join('\n', await Task.WhenAll(
        Read($"readers/{Mine.Reader}"), Read($"/fleet/v1/readers/{Mine.Reader}"),
        Read($"readers/{Mine.Reader}/checkout/{Mine.Checkout}"), Read($"/fleet/v1/checkouts/{Mine.Paid}/timeline"),
        Read($"/fleet/v1/stores/{Mine.Store}"), Read($"/fleet/v1/stores/{Mine.Store}/board"),
        Read($"/fleet/v1/webhooks/{Mine.Event}"), KeyState()));

    /// <summary>All that the merchant has.</summary>
    internal async Task<string> Lists() => string.Join('\n', await Task.WhenAll(
        Read("/fleet/v1/keys?page_size=500"), Read("/fleet/v1/readers?page_size=500"),
        Read("/fleet/v1/stores?retired=true&page_size=500"),
        Read($"/v2.1/merchants/{FleetApp.Merchant}/transactions/history"),
        Read("/fleet/v1/webhooks?state=delivered")));

    private async Task<string> KeyState() => JsonElement.Parse(await Read("/fleet/v1/keys?page_size=500"))
        .GetProperty("keys").EnumerateArray().Single(key => key.Text("key_id") == Mine.Key).GetRawText();

    /// <summary>The sample and objects for a call that works and spoils nothing of the others.</summary>
    internal async Task<(Sample Sample, Objects About)> Works(Operation operation, Sample sample, Objects own)
    {
        if (!operation.Changes) return (sample, own);
        var till = own.Merchant == FleetApp.Merchant ? Fleet.Till : Other;
        var (name, about) = (operation.Rpc ?? operation.Name, own);
        if (name.EndsWith("Stores/Retire", StringComparison.Ordinal))
            about = about with { Store = await NewStore(till, NewName()) };
        if (Asks("{incident}")) about = about with { Incident = await NewIncident(own.Merchant, own.Store) };
        if (Asks("{key}")) about = about with { Key = await NewKey(till) };
        if (name.EndsWith("{id}/replay", StringComparison.Ordinal)
            || name.EndsWith("/Replay", StringComparison.Ordinal)) about = about with
            {
                Event = $"{await till.Fire(Nowhere)}",
            };
        if (Asks("{reader}") || Asks("\"route\"") || operation.Pattern.Contains("{reader_id}"))
            about = about with { Reader = (await Paired(till, own.Store)).ReaderId };
        if (name.EndsWith("go-checkout", StringComparison.Ordinal)) _ = _devices[^1].Pay();
        if (name.EndsWith("terminate", StringComparison.OrdinalIgnoreCase) || Asks("\"terminate\""))
            await till.Charge(about.Reader);
        if (name.EndsWith("RecordOutcome", StringComparison.Ordinal))
            about = about with { Checkout = $"{await Lost(till, own.Store)}" };
        return (Filled(sample, own.Reader, Asks("{code}") ? await Code() : ""), about);

        bool Asks(string word) => sample.Message.Contains(word, StringComparison.Ordinal);
    }

    /// <summary>The sample with ids that no object has.</summary>
    internal Sample Filled(Sample sample, string reader, string code = "ZZZZZZZZ") => sample with
    {
        Message = sample.Message.Replace("{mine}", reader).Replace("{code}", code).Replace("{new}", NewName()),
    };

    private async Task<Objects> Made(Till till, string merchant, string store)
    {
        await NewStore(till, store);
        var device = await Paired(till, store);
        var paid = await till.Charge(device.ReaderId);
        await device.Pay();
        var open = await till.Charge(device.ReaderId);
        await device.Expect<ShowCheckout>();
        return new(merchant, store, device.ReaderId, $"{open}", $"{paid}", await NewKey(till),
            $"{await till.Fire(Nowhere)}", await NewIncident(merchant, store), device.Serial);
    }

    /// <summary>An open incident of a reader.</summary>
    private async Task<string> NewIncident(string merchant, string store)
    {
        var subject = new IncidentSubject
        {
            MerchantCode = merchant, Store = store, ReaderId = $"rdr-{Interlocked.Increment(ref _new)}", Serial = store,
        };
        var incidents = Fleet.Services.GetRequiredService<IIncidents>();
        await incidents.NoteOccurrence(new(IncidentKind.ReaderFlapping, subject, "It comes and goes.",
            Fleet.Clock.GetUtcNow()), Fleet.Clock.GetUtcNow());
        var found = await incidents.ListIncidents(
            new(500) { MerchantCode = merchant }, TestContext.Current.CancellationToken);
        return $"{found.Single(one => one.Subject.ReaderId == subject.ReaderId).Id}";
    }

    private string NewName() => $"s{Interlocked.Increment(ref _new):00000}";

    private static async Task<string> NewStore(Till till, string store)
    {
        using var answer = await till.Post("/fleet/v1/stores", new { store });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return store;
    }

    private static async Task<string> NewKey(Till till) =>
        (await till.MakeKey(new { name = "any", scopes = new[] { "readers.read" } })).Id;

    private async Task<string> Code()
    {
        var device = await Fleet.Device();
        _devices.Add(device);
        await device.Introduce();
        return (await device.Expect<PairingCode>()).Code;
    }

    private async Task<TestDevice> Paired(Till till, string store)
    {
        using var answer = await till.Post(
            "/fleet/v1/readers", new { pairing_code = await Code(), name = "Lane", store });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await _devices[^1].ConfirmPairing();
        return _devices[^1];
    }

    /// <summary>A started checkout whose device is not connected any more.</summary>
    private async Task<Guid> Lost(Till till, string store)
    {
        var device = await Paired(till, store);
        var checkout = await till.Charge(device.ReaderId);
        Assert.True(await device.AskStart(checkout));
        await device.HangUp();
        await till.Becomes(device.ReaderId, "OFFLINE");
        return checkout;
    }

    private async Task<string> Read(string path)
    {
        using var answer = await Fleet.Till.Get(path);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return answer.IsSuccessStatusCode ? text
            : throw new InvalidOperationException($"{path}: {answer.StatusCode} {text}");
    }
}
