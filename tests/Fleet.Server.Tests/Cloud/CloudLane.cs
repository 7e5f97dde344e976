using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Fleet.Server.Tests;

/// <summary>
/// A node that is linked with a stand-in of SumUp's cloud, and one reader there. The stand-in answers by script; after
/// its end it takes each checkout, has no results, and says that the reader has nothing to do.
/// </summary>
internal sealed class CloudLane : IAsyncDisposable
{
    public const string CloudReader = "rdr_1JHCGHNM3095NBKJP2CMDWJTDQ";

    private CloudLane(FleetApp fleet, CloudStandIn cloud) =>
        (Fleet, Cloud, Rpc, Shell) = (fleet, cloud, new(fleet, FleetApp.LiveKey), new(fleet, FleetApp.LiveKey));

    public FleetApp Fleet { get; }

    public CloudStandIn Cloud { get; }

    public RpcCaller Rpc { get; }

    public Shell Shell { get; }

    public Till Till => Fleet.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey);

    public string ReaderId { get; private set; } = "";

    /// <summary>The transaction that the cloud has; null while it has none.</summary>
    public string? Transaction { get; set; }

    /// <summary>The page of the history that the cloud has.</summary>
    public string History { get; set; } = """{"items":[],"links":[]}""";

    /// <summary>Whether the cloud says that it has each checkout and that it goes on.</summary>
    public bool HasCheckouts { get; set; }

    /// <summary>The requests to create a checkout that came to the cloud.</summary>
    public IEnumerable<CloudRequest> Creates => Cloud.Requests.Where(request =>
        request.Method == "POST" && request.Path.EndsWith("/checkout", StringComparison.Ordinal));

    /// <summary>Starts the stand-in and the node, and pairs the reader.</summary>
    /// <param name="change">What is replaced in the node.</param>
    public static async Task<CloudLane> Open(Action<WebApplicationBuilder>? change = null)
    {
        var cloud = await CloudStandIn.Start(TimeProvider.System);
        var lane = new CloudLane(await FleetApp.StartWith(change, Connector.LinkTo(cloud.Url)), cloud);
        lane.AnswerAgain();
        await lane.PairReader();
        return lane;
    }

    /// <summary>Ends what a test let the stand-in answer to all requests.</summary>
    public void AnswerAgain() => Cloud.Usually(AnswerUsually);

    /// <summary>Starts a checkout: the status and error of the answer, and the id that it names.</summary>
    public async Task<(string Word, Guid Id)> Start(
        object? order = null, params (string Name, string Value)[] headers)
    {
        using var answer = await Till.Post($"readers/{ReaderId}/checkout", order ?? Connector.Coffee(), headers);
        var body = await answer.Json();
        if (answer.StatusCode is HttpStatusCode.Created)
            return ("201", body.GetProperty("data").GetProperty("checkout_id").GetGuid());
        var errors = body.GetProperty("errors");
        return (await answer.Refusal(), errors.TryGetProperty("checkout_id", out var id) ? id.GetGuid() : Guid.Empty);
    }

    /// <summary>Waits for an outcome while the clock goes on.</summary>
    public Task Becomes(Guid id, string outcome, double step = 1) =>
        Eventually.Equal(outcome, () => Till.Outcome(ReaderId, id), () => Fleet.Pass(step));

    /// <summary>A transaction of the cloud that says that a checkout was charged.</summary>
    public static string Paid(Guid id, string amount = "15.00") => $$"""
        {"id":"tx-1","transaction_code":"TXCODE1","client_transaction_id":"urn:client:1","amount":{{amount}},
         "foreign_transaction_id":"fleet-{{id:N}}","currency":"EUR","status":"SUCCESSFUL",
         "merchant_code":"{{FleetApp.LiveMerchant}}","card":{"last_4_digits":"4242","type":"VISA"} }
        """;

    /// <summary>The clock goes on while the node stops, because calls may wait for it.</summary>
    public async ValueTask DisposeAsync()
    {
        Rpc.Dispose();
        var stopped = Fleet.DisposeAsync().AsTask();
        await Eventually.Equal(true, () => Task.FromResult(stopped.IsCompleted), () => Fleet.Pass(1));
        await stopped;
        await Cloud.DisposeAsync();
    }

    private async Task PairReader()
    {
        Cloud.Then(201, $$"""
            {"id":"{{CloudReader}}","name":"Lane","status":"paired",
             "device":{"identifier":"U1DT3NA00-CN","model":"solo"} }
            """);
        using var answer = await Till.Post("readers", new { pairing_code = "ABCD2345", name = "Lane" });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        ReaderId = (await answer.Json()).GetProperty("id").GetString() ?? "";
    }

    private Task AnswerUsually(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "";
        if (path.EndsWith("/status", StringComparison.Ordinal))
            return CloudStandIn.Write(http, 200, """{"data":{"status":"ONLINE","state":"IDLE"}}""");
        if (path.EndsWith("/history", StringComparison.Ordinal))
            return CloudStandIn.Write(http, 200, History);
        if (path.EndsWith("/transactions", StringComparison.Ordinal) && Transaction is { } body)
            return CloudStandIn.Write(http, 200, body);
        if (HasCheckouts && http.Request.Method == "GET" && path.Contains("/checkout/", StringComparison.Ordinal))
            return CloudStandIn.Write(http, 200, """
                {"data":{"checkout_id":"c-1","client_transaction_id":"t-1","status":"pending"}}
                """);
        return http.Request.Method == "POST" && path.EndsWith("/checkout", StringComparison.Ordinal)
            ? CloudStandIn.Write(http, 201, """{"data":{"checkout_id":"c-1","client_transaction_id":"t-1"}}""")
            : CloudStandIn.Write(http, 404, "{}");
    }
}
