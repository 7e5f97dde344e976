using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>A reader in the list of the cloud.</summary>
internal sealed record CloudEntry(string Serial, string Name = "At SumUp", string Pairing = "paired");

/// <summary>A stand-in of the cloud, with readers that a test changes, and a node that is linked with it.</summary>
internal sealed class CloudRoster : IAsyncDisposable
{
    public const string First = "rdr_AAAAAAAAAAAAAAAAAAAAAAAAAA", Second = "rdr_BBBBBBBBBBBBBBBBBBBBBBBBBB",
        Third = "rdr_CCCCCCCCCCCCCCCCCCCCCCCCCC", Secret = "event-secret";

    private CloudRoster(FleetApp fleet, CloudStandIn cloud)
    {
        (Fleet, Cloud) = (fleet, cloud);
        Rpc = new(fleet, FleetApp.LiveKey);
        Shell = new(fleet, FleetApp.LiveKey);
        cloud.Usually(Answer);
    }

    public FleetApp Fleet { get; }

    public CloudStandIn Cloud { get; }

    public RpcCaller Rpc { get; }

    public Shell Shell { get; }

    public Till Till => Fleet.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey);

    /// <summary>The readers that the cloud has, by its ids.</summary>
    public ConcurrentDictionary<string, CloudEntry> Listed { get; } = new();

    /// <summary>Readers that the list does not have, although the cloud has them.</summary>
    public ConcurrentDictionary<string, CloudEntry> Hidden { get; } = new();

    /// <summary>What a status says of a reader; without an entry the cloud fails.</summary>
    public ConcurrentDictionary<string, string> Status { get; } = new();

    /// <summary>The answer instead of the list.</summary>
    public (int Status, string Body)? WrongList { get; set; }

    /// <summary>The answer to each request to delete a reader.</summary>
    public int DeleteStatus { get; set; } = 200;

    /// <summary>The id and the entry that the next pairing by code makes.</summary>
    public (string Id, CloudEntry Entry)? NextPaired { get; set; }

    /// <summary>The transaction of each payment; null while there is none.</summary>
    public string? Transaction { get; set; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<CloudRoster> Start(params string[] settings)
    {
        var cloud = await CloudStandIn.Start(TimeProvider.System);
        var fleet = await FleetApp.Start(null, [.. Connector.LinkTo(cloud.Url), .. settings]);
        return new(fleet, cloud);
    }

    public async ValueTask DisposeAsync()
    {
        Rpc.Dispose();
        var stopped = Fleet.DisposeAsync().AsTask(); // calls to the cloud wait for their next try by the test's clock
        await Eventually.Equal(true, () => Task.FromResult(stopped.IsCompleted), () => Fleet.Pass(1));
        await stopped;
        await Cloud.DisposeAsync();
    }

    public int CountRequests(string method, string ending) => Cloud.Requests.Count(
        request => request.Method == method && request.Path.EndsWith(ending, StringComparison.Ordinal));

    /// <summary>What became of each reader: <c>new rdr_…</c>.</summary>
    public async Task<IReadOnlyList<Proto.AdoptResult>> Adopt(Proto.AdoptRequest ask, RpcCaller? caller = null)
    {
        var who = caller ?? Rpc;
        using var call = who.Readers.Adopt(ask, who.Headers, cancellationToken: Cancel);
        return await call.ResponseStream.ReadAllAsync(Cancel).ToListAsync(Cancel);
    }

    /// <summary>Adopts the one reader in the list; returns its id in Fleet.</summary>
    public async Task<string> AdoptOne(string id = First, string serial = "U1")
    {
        Listed[id] = new(serial);
        Status.TryAdd(id, """{"status":"ONLINE","state":"IDLE"}""");
        var result = Assert.Single(await Adopt(new() { CloudReaderIds = { id } }));
        Assert.True(result.Done, $"{result}");
        return result.ReaderId;
    }

    public async Task<Proto.Reader> Get(string readerId) =>
        await Rpc.Readers.GetAsync(new() { ReaderId = readerId }, Rpc.Headers, cancellationToken: Cancel);

    /// <summary>The readers of a store, or of all.</summary>
    public async Task<Proto.ListReadersReply> ListReaders(string store = "") =>
        await Rpc.Readers.ListAsync(new() { Store = store }, Rpc.Headers, cancellationToken: Cancel);

    /// <summary>The reader as a list has it, for which the cloud is not asked.</summary>
    public async Task<Proto.Reader> Seen(string readerId) =>
        (await ListReaders()).Readers.Single(reader => reader.ReaderId == readerId);

    /// <summary>Waits until a reader is as told, while the clock goes on.</summary>
    public Task Becomes(string readerId, string pairing, double step = 5) =>
        Eventually.Equal(pairing, async () => (await Seen(readerId)).Pairing, () => Fleet.Pass(step));

    /// <summary>Waits until the readers were compared so often, or with another result.</summary>
    public Task Compared(int times, string result = "compared") => Eventually.Equal(
        true, async () => await Counted(result) >= times, () => Fleet.Pass(5));

    public async Task<double?> Counted(string result) =>
        (await Metrics.Of(Fleet))["fleet_cloud_roster_total", ("result", result)];

    private Task Answer(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "";
        var (method, last) = (http.Request.Method, path[(path.LastIndexOf('/') + 1)..]);
        if (last == "readers") return method == "GET" ? AnswerList(http) : AnswerPairing(http);
        if (last == "status") return AnswerStatus(http, path.Split('/')[^2]);
        if (last == "checkout" && method == "POST")
            return CloudStandIn.Write(http, 201, """{"data":{"checkout_id":"c-1","client_transaction_id":"t-1"}}""");
        if (last == "transactions" && Transaction is { } body) return CloudStandIn.Write(http, 200, body);
        if (method == "DELETE")
        {
            if (DeleteStatus == 200) Listed.TryRemove(last, out _);
            return CloudStandIn.Write(http, DeleteStatus, "{}");
        }
        return Listed.TryGetValue(last, out var entry) || Hidden.TryGetValue(last, out entry)
            ? CloudStandIn.Write(http, 200, ToJson(last, entry))
            : CloudStandIn.Write(http, 404, "{}");
    }

    private Task AnswerList(HttpContext http)
    {
        if (WrongList is var (status, body)) return CloudStandIn.Write(http, status, body);
        var items = string.Join(',', Listed.Select(one => ToJson(one.Key, one.Value)));
        return CloudStandIn.Write(http, 200, $$"""{"items":[{{items}}]}""");
    }

    private Task AnswerPairing(HttpContext http)
    {
        if (NextPaired is not var (id, entry)) return CloudStandIn.Write(http, 404, "{}");
        Listed[id] = entry;
        return CloudStandIn.Write(http, 201, ToJson(id, entry));
    }

    private Task AnswerStatus(HttpContext http, string id) => Status.TryGetValue(id, out var data)
        ? CloudStandIn.Write(http, 200, $$"""{"data":{{data}}}""")
        : CloudStandIn.Write(http, (int)HttpStatusCode.BadGateway, """{"errors":{"detail":"Bad Gateway"}}""");

    private static string ToJson(string id, CloudEntry entry) => $$"""
        {"id":"{{id}}","name":"{{entry.Name}}","status":"{{entry.Pairing}}",
         "device":{"identifier":"{{entry.Serial}}","model":"solo"} }
        """;
}
