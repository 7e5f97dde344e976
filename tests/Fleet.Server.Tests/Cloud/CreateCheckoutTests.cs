using System.Net;
using System.Net.Sockets;
using System.Text;
using Fleet.Server.Cloud;

namespace Fleet.Server.Tests;

/// <summary>The one call that may charge a card: whatever happens it is sent once, and its end is a value.</summary>
public sealed class CreateCheckoutTests : IAsyncLifetime
{
    private const string Accepted = """
        {"data":{"checkout_id":"00e33a36-c99b-4cb2-b635-b90c1455c9c8","client_transaction_id":"7a1c"}}
        """;

    private readonly CloudWorld _world = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private CloudStandIn Cloud => _world.Cloud;

    public ValueTask InitializeAsync() => _world.InitializeAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task An_accepted_checkout_has_the_ids_of_the_cloud()
    {
        Cloud.Then(201, Accepted);

        var answer = await Create();

        Assert.True(answer.IsSuccess);
        Assert.Equal(201, answer.Status);
        Assert.Equal(new("00e33a36-c99b-4cb2-b635-b90c1455c9c8", "7a1c"), answer.Body);
        Assert.Single(Cloud.Requests);
    }

    [Fact]
    public async Task A_checkout_that_waits_while_the_key_is_replaced_is_certainly_not_sent()
    {
        _world.Connect(Cloud.Url, perSecond: 1, burst: 1);
        await _world.Client.ListReaders(Cancel);
        var waiting = Create();
        _world.Client.Close();

        var answer = await _world.Run(waiting);

        Assert.Equal((CloudFailure.Withheld, true), (answer.Failure, answer.IsCertainlyUnsent));
        Assert.Equal(CloudFailure.Withheld, (await _world.Client.ListReaders(Cancel)).Failure);
        Assert.Equal("GET", Assert.Single(Cloud.Requests).Method);
    }

    [Theory]
    [InlineData("""{"data":{"client_transaction_id":"7a1c"}}""", null, "7a1c")]
    [InlineData("""{"data":{"checkout_id":null,"client_transaction_id":"7a1c","new":[{}]}}""", null, "7a1c")]
    [InlineData("""{"client_transaction_id":"7a1c",}""", null, "7a1c")]
    [InlineData("""{"data":{"checkout_id":{"id":1},"client_transaction_id":7}}""", null, "7")]
    [InlineData("""{"data":[]}""", null, null)]
    [InlineData("{}", null, null)]
    public async Task Ids_that_an_accepted_checkout_does_not_have_are_null(string body, string? id, string? client)
    {
        Cloud.Then(201, body);

        var answer = await Create();

        Assert.Equal(new(id, client), answer.Body);
        Assert.Single(Cloud.Requests);
    }

    [Fact]
    public async Task The_request_is_what_the_cloud_documents_and_nothing_else()
    {
        await _world.Client.CreateCheckout(CloudWorld.ReaderId, new()
        {
            TotalAmount = new("EUR", 2, 1500),
            Affiliate = new() { AppId = "app", Key = "afk", ForeignTransactionId = "fleet-1" },
            TipRates = [0.05m, 0.1m],
            ReturnUrl = "https://fleet.example/fleet/v1/callbacks/abc",
        });

        var request = Assert.Single(Cloud.Requests);
        Assert.Equal($"POST /v0.1/merchants/MCLOUD01/readers/{CloudWorld.ReaderId}/checkout", $"{request}");
        Assert.Equal("""
            {"total_amount":{"currency":"EUR","minor_unit":2,"value":1500},"affiliate":{"app_id":"app","key":"afk",
            "foreign_transaction_id":"fleet-1"},"return_url":"https://fleet.example/fleet/v1/callbacks/abc",
            "tip_rates":[0.05,0.1]}
            """.ReplaceLineEndings(""), request.Body);
        Assert.Equal($"{request.Body.Length}", request.Headers["Content-Length"]);
        Assert.StartsWith("application/json", request.Headers["Content-Type"], StringComparison.Ordinal);
        Assert.Equal($"Bearer {CloudWorld.Secret}", request.Headers["Authorization"]);
        Assert.Equal($"Fleet/{ProgramVersion.Text}", request.Headers["User-Agent"]);
        Assert.Equal("application/json, application/problem+json", request.Headers["Accept"]);
        Assert.Equal(
            ["Accept", "Authorization", "Content-Length", "Content-Type", "Host", "User-Agent", "X-Sumup-Api-Version"],
            request.Headers.Keys.Order());
    }

    [Theory]
    [InlineData(400, "{}", null, null)]
    [InlineData(401, """{"message":"access token required","error_code":"NOT_AUTHORIZED"}""", "NOT_AUTHORIZED",
        "access token required")]
    [InlineData(408, "", null, null)]
    [InlineData(409, """{"errors":{"detail":"Conflict"}}""", null, "Conflict")]
    [InlineData(422, """{"errors":{"detail":"Unprocessable Entity"}}""", null, "Unprocessable Entity")]
    [InlineData(422, """{"errors":{"type":"READER_BUSY","detail":"There is one."}}""", "READER_BUSY", "There is one.")]
    [InlineData(429, """{"errors":{"detail":"Too Many Requests"}}""", null, "Too Many Requests")]
    [InlineData(500, "", null, null)]
    [InlineData(502, "<html><body>Bad Gateway</body></html>", null, null)]
    [InlineData(503, "null", null, null)]
    [InlineData(504, """{"errors":{"detail":"Gateway Timeout"}}""", null, "Gateway Timeout")]
    public async Task Each_refusal_is_a_value_and_never_leads_to_a_second_request(
        int status, string body, string? type, string? detail)
    {
        Cloud.Usually(status, body, ("Retry-After", "1"));

        var answer = await Create();

        Assert.Equal((CloudFailure.None, status), (answer.Failure, answer.Status));
        Assert.False(answer.IsSuccess);
        Assert.Null(answer.Body);
        Assert.Equal((type, detail), (answer.Error?.Type, answer.Error?.Detail));
        Assert.Equal(TimeSpan.FromSeconds(1), answer.RetryAfter);
        Assert.Single(Cloud.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>Welcome</html>")]
    [InlineData("{\"data\":{\"checkout_id\":\"00e3")]
    [InlineData("[]")]
    [InlineData("\"accepted\"")]
    public async Task An_acceptance_that_is_no_JSON_object_is_unreadable(string body)
    {
        Cloud.Usually(201, body);

        var answer = await Create();

        Assert.Equal((CloudFailure.Unreadable, 201), (answer.Failure, answer.Status));
        Assert.False(answer.IsCertainlyUnsent);
        Assert.Single(Cloud.Requests);
    }

    [Fact]
    public async Task An_answer_larger_than_the_limit_is_unreadable()
    {
        Cloud.Usually(201, $$"""{"data":"{{new string('x', CloudHandler.MaxBody)}}"}""");

        Assert.Equal(CloudFailure.Unreadable, (await Create()).Failure);
        Assert.Single(Cloud.Requests);
    }

    [Fact]
    public async Task A_connection_that_breaks_before_the_answer_leaves_the_outcome_open()
    {
        Cloud.Then(CloudStandIn.Abort);

        var answer = await Create();

        Assert.Equal(CloudFailure.Reset, answer.Failure);
        Assert.False(answer.IsCertainlyUnsent);
        Assert.Single(Cloud.Requests);
    }

    [Fact]
    public async Task A_used_connection_that_breaks_is_not_used_for_a_second_try()
    {
        Cloud.Then(404, "{}").Then(CloudStandIn.Abort);

        await Create();
        var answer = await Create();

        Assert.Equal(CloudFailure.Reset, answer.Failure);
        Assert.Equal(2, Cloud.Requests.Count);
    }

    [Fact]
    public async Task A_used_connection_that_is_closed_politely_is_no_second_try_either()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _world.Connect($"http://{listener.LocalEndpoint}");
        var first = Create();
        using var socket = await listener.AcceptTcpClientAsync(Cancel);
        await ReadRequest(socket);
        await socket.GetStream().WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), Cancel);
        Assert.Equal(404, (await first).Status);

        var second = Create();
        await ReadRequest(socket);
        socket.Close();

        Assert.Equal(CloudFailure.Reset, (await second).Failure);
        Assert.False(listener.Pending()); // no new connection was made for it
    }

    [Fact]
    public async Task A_connection_that_breaks_in_the_answer_leaves_the_outcome_open()
    {
        Cloud.Then(http => CloudStandIn.WriteHalf(http, 201, CloudStandIn.Abort));

        Assert.Equal(CloudFailure.Reset, (await Create()).Failure);
        Assert.Single(Cloud.Requests);
    }

    [Fact]
    public async Task An_answer_that_does_not_come_is_given_up_after_8_seconds()
    {
        Cloud.ThenHold();
        var create = Create();
        await Cloud.Next();

        _world.Clock.Advance(TimeSpan.FromSeconds(7.9));
        Assert.False(create.IsCompleted);
        _world.Clock.Advance(TimeSpan.FromSeconds(0.2));

        Assert.Equal(CloudFailure.TimedOut, (await create).Failure);
        Assert.Single(Cloud.Requests);
    }

    [Fact]
    public async Task The_8_seconds_end_in_the_middle_of_a_body_too()
    {
        var begun = new TaskCompletionSource();
        Cloud.Then(http => CloudStandIn.WriteHalf(http, 201, async held =>
        {
            begun.SetResult();
            await CloudStandIn.Hold(held);
        }));
        var create = Create();
        await begun.Task;

        Assert.Equal(CloudFailure.TimedOut, (await _world.Run(create, step: 1)).Failure);
        Assert.Single(Cloud.Requests);
    }

    [Fact]
    public async Task A_redirect_is_an_answer_and_is_not_followed()
    {
        Cloud.Usually(307, "", ("Location", $"{Cloud.Url}/elsewhere"), ("Set-Cookie", "who=you"));

        Assert.Equal(307, (await Create()).Status);
        await Create();

        Assert.Equal(2, Cloud.Requests.Count);
        Assert.DoesNotContain("/elsewhere", Cloud.Requests.Select(request => request.Path));
        Assert.All(Cloud.Requests, request => Assert.DoesNotContain("Cookie", request.Headers.Keys));
    }

    [Fact]
    public async Task A_port_that_nothing_listens_on_is_certain_to_have_received_nothing()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        _world.Connect($"http://{closed.LocalEndpoint}");
        closed.Stop();

        await IsNotSent();
    }

    [Fact]
    public async Task A_host_that_takes_no_connection_in_3_seconds_has_received_nothing()
    {
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using var one = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var two = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var waiting = full.LocalEndPoint ?? throw new InvalidOperationException("It is not bound.");
        await one.ConnectAsync(waiting, Cancel); // now its queue is full
        _ = two.ConnectAsync(waiting, Cancel).AsTask();
        _world.Connect($"http://{waiting}");

        await IsNotSent();
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_certain_to_have_received_nothing()
    {
        _world.Connect("https://cloud.invalid");

        await IsNotSent();
    }

    [Fact]
    public async Task A_server_without_TLS_is_certain_to_have_received_nothing()
    {
        _world.Connect(Cloud.Url.Replace("http:", "https:", StringComparison.Ordinal));

        await IsNotSent();
    }

    [Theory]
    [InlineData("..")]
    [InlineData("rdr/../../me")]
    [InlineData("rdr%2F")]
    [InlineData("rdr?x=1")]
    [InlineData("")]
    public async Task An_id_that_would_change_the_path_is_never_sent(string readerId)
    {
        var answer = await _world.Client.CreateCheckout(readerId, CloudWorld.Coffee);

        Assert.Equal(CloudFailure.Withheld, answer.Failure);
        Assert.Empty(Cloud.Requests);
    }

    private static async Task ReadRequest(TcpClient socket)
    {
        var (text, buffer) = ("", new byte[4096]);
        while (!text.EndsWith("}}", StringComparison.Ordinal)) // the body of a coffee
        {
            var read = await socket.GetStream().ReadAsync(buffer, Cancel);
            if (read == 0) throw new EndOfStreamException();
            text += Encoding.ASCII.GetString(buffer, 0, read);
        }
    }

    private Task<CloudAnswer<WireIds>> Create() =>
        _world.Client.CreateCheckout(CloudWorld.ReaderId, CloudWorld.Coffee);

    private async Task IsNotSent()
    {
        var answer = await Create();

        Assert.Equal(CloudFailure.NotSent, answer.Failure);
        Assert.True(answer.IsCertainlyUnsent);
        Assert.Empty(Cloud.Requests);
        Assert.Equal(CloudFailure.NotSent, Assert.Single(_world.Exchanges).Verdict);
    }
}
