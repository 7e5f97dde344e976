using System.Collections.Concurrent;
using System.Net.WebSockets;
using Fleet.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Server.Tests;

/// <summary>
/// A client that hangs up, whatever it was doing, is no fault of the node: nothing is logged as an error.
/// </summary>
public sealed class HangUpTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _log = new();
    private FleetApp? _fleet;

    private FleetApp Fleet => _fleet ?? throw new InvalidOperationException("There is no node.");

    public async ValueTask InitializeAsync() => _fleet = await FleetApp.Start(builder =>
    {
        builder.Configuration["Logging:LogLevel:Default"] = nameof(LogLevel.Warning);
        builder.Services.AddSingleton<ILoggerProvider>(new LogLines(_log, LogLevel.Error));
    });

    public ValueTask DisposeAsync() => Fleet.DisposeAsync();

    [Theory]
    [InlineData("POST /v0.1/merchants/MTILL001/readers")]
    [InlineData("POST /fleet/v1/readers:pair")]
    [InlineData("POST /fleet/v1/stores")]
    [InlineData("POST /fleet.v1.Readers/Pair")]
    [InlineData("POST /v1/callbacks/none")]
    public async Task In_the_middle_of_a_body(string start)
    {
        await RawHttp.Leave(Fleet.Address, start, $"Authorization: Bearer {FleetApp.Key}",
            "Content-Type: application/json", "Content-Length: 100");
        await IsQuiet();
    }

    [Theory]
    [InlineData("GET /openapi/v1.json")]
    [InlineData("GET /docs")]
    [InlineData("GET /fleet/v1/events")]
    [InlineData("GET /v0.1/merchants/MTILL001/readers")]
    public async Task Before_the_answer_was_read(string start)
    {
        await RawHttp.Leave(Fleet.Address, start, $"Authorization: Bearer {FleetApp.Key}");
        await IsQuiet();
    }

    [Theory]
    [InlineData("GET /metrics")]
    [InlineData("GET /health/ready")]
    [InlineData("GET /console")]
    [InlineData("POST /console/sign-in")]
    public async Task At_the_address_of_operators(string start)
    {
        await RawHttp.Leave(Fleet.OperationsAddress, start, "Content-Type: application/x-www-form-urlencoded",
            start.StartsWith("POST", StringComparison.Ordinal) ? "Content-Length: 100" : "Accept: */*");
        await IsQuiet();
    }

    [Fact]
    public async Task In_the_middle_of_a_wait_a_stream_and_a_frame_of_the_link()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var device = await Fleet.PairedDevice();
        using var gone = new CancellationTokenSource();
        var wait = Fleet.Till.Hold($"readers/{device.ReaderId}/checkout/{Guid.NewGuid()}?wait=30", gone.Token);
        using (var stream = await Fleet.Till.Open("/fleet/v1/events"))
            Assert.True(stream.IsSuccessStatusCode);
        using (var socket = new ClientWebSocket())
        {
            socket.Options.AddSubProtocol(Link.SubProtocol);
            await socket.ConnectAsync(Fleet.LinkAddress, cancel);
            await socket.SendAsync("{"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: false, cancel);
            socket.Abort();
        }
        await gone.CancelAsync();
        await Record.ExceptionAsync(() => wait);
        await Fleet.Till.Charge(device.ReaderId); // is told to a stream whose reader is gone
        await device.Pay();
        await IsQuiet();
    }

    /// <summary>Nothing is logged, and the node still answers after what it noticed of the end.</summary>
    private async Task IsQuiet()
    {
        for (var asked = 0; asked < 5; asked++)
        {
            using var answer = await Fleet.Till.Get("readers");
            Assert.True(answer.IsSuccessStatusCode);
        }
        Assert.Empty(_log);
    }
}
