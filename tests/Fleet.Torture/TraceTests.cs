using System.Text.RegularExpressions;
using Fleet.Protocol;
using Fleet.Torture.Checking;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;
using Fleet.Torture.Tracing;

namespace Fleet.Torture;

/// <summary>What several nodes send of the same checkouts, taken by a receiver of the tests.</summary>
public sealed class TraceTests(Databases databases)
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", AuthCode = "Q7RX2Z", Last4 = "8371";

    private static readonly string[] Steps =
        ["checkout.start", "checkout.decide", "ledger.commit", "device.show", "device.start", "device.result",
            "webhook.deliver"];

    [Fact]
    public async Task A_checkout_is_one_trace_across_nodes_also_when_the_one_it_began_on_is_gone()
    {
        await using var sink = await OtlpSink.Started();
        await using var receiver = await Receiver.Started((_, _) => Task.FromResult<int?>(200));
        await using var cluster = await Cluster.Started(
            databases, settings: [.. receiver.Settings(5, 1), .. sink.Settings]);
        var (devices, tills) = (cluster.Nodes[0], cluster.Nodes[1]);
        await using var device = await devices.Paired();

        var checkout = await tills.Till.Charge(device.ReaderId, Coffee(receiver));
        await device.Expect<ShowCheckout>();
        await Eventually.Equal(true, () => Task.FromResult(HasBegun(sink.TraceOf(checkout))));
        await cluster.Kill(tills);
        await Asks(device, checkout);
        await device.Report(new Result(device.Epoch, checkout, Outcomes.Approved, null, 1500));
        await Eventually.Equal(true, () => Task.FromResult(sink.TraceOf(checkout).Any(span => span.Name == Steps[^1])));

        var trace = sink.TraceOf(checkout);
        Assert.Equal(Steps, trace.Where(span => Steps.Contains(span.Name)).DistinctBy(span => span.Name)
            .Select(span => span.Name));
        Assert.Equal(tills.LedgerName, Of(trace, "checkout.start").Node);
        Assert.Equal(devices.LedgerName, Of(trace, "device.show").Node);
        Assert.All(trace.Where(span => Steps.Contains(span.Name)),
            span => Assert.Equal(Root(trace), Above(trace, span)));
        Assert.StartsWith("POST", Root(trace).Name, StringComparison.Ordinal); // the till's request
        Assert.All(trace.Where(span => span.Name == "ledger.commit"),
            span => Assert.Equal("1", span.Attributes["fleet.ledger.group.size"]));
        Assert.Matches($@"service\.version[^\w]+{Regex.Escape(await VersionOf(devices))}", sink.Sent("traces"));
        Tell(trace);
        cluster.Discard();
    }

    private static async Task<string> VersionOf(ServerProcess node)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(
            new Uri(node.Operations, "/health/live"), TestContext.Current.CancellationToken);
        return answer.Headers.GetValues("Fleet-Version").Single();
    }

    [Fact]
    public async Task Nothing_a_node_logs_traces_or_measures_has_a_secret_or_a_card_in_it()
    {
        await using var sink = await OtlpSink.Started();
        await using var receiver = await Receiver.Started((_, _) => Task.FromResult<int?>(200));
        await using var cluster = await Cluster.Started(databases, settings:
        [
            .. receiver.Settings(5, 1), .. sink.Settings, $"--Fleet:Merchants:0:WebhookSecrets:0={Secret}",
            "--Logging:LogLevel:Default=Information", "--Logging:LogLevel:Fleet=Trace",
        ]);
        var node = cluster.Nodes[0];
        await using var device = await TestDevice.Connect(node.LinkAddress, "TEST-9");
        await device.Introduce();
        var code = (await device.Expect<PairingCode>()).Code;
        using (await cluster.Nodes[1].Till.Post("readers", new { pairing_code = code, name = "Lane" })) { }
        await device.ConfirmPairing();
        using (await cluster.Nodes[1].Till.Post("readers", new { pairing_code = code, name = "Again" })) { } // refused
        using (await new Till(node.Address, ServerProcess.Merchant, "stolen-key").Get("readers")) { }
        var checkout = await cluster.Nodes[1].Till.Charge(device.ReaderId, Coffee(receiver));
        await device.Expect<ShowCheckout>();
        Assert.True(await device.AskStart(checkout));
        await device.Report(new Result(device.Epoch, checkout, Outcomes.Approved, null, 1500,
            Card: new(Last4, "VISA", EntryModes.Chip, AuthCode)));
        await Eventually.Equal(true,
            () => Task.FromResult(sink.TraceOf(checkout).Any(span => span.Name == "webhook.deliver")));
        await Eventually.Equal(true,
            () => Task.FromResult(sink.Sent("metrics").Contains("fleet.checkout.accepted", StringComparison.Ordinal)));
        var said = new List<(string What, string Text)>
        {
            ("traces", sink.Sent("traces")), ("metrics", sink.Sent("metrics")), ("logs", sink.Sent("logs")),
        };
        foreach (var one in cluster.Nodes)
        {
            said.Add(($"the log of {one.Name}", one.Output + one.Errors));
            using var http = new HttpClient();
            said.Add(($"the metrics of {one.Name}", await http.GetStringAsync(
                new Uri(one.Operations, "/metrics"), TestContext.Current.CancellationToken)));
        }

        Assert.All(said, one => Assert.NotEmpty(one.Text));
        foreach (var (what, text) in said)
        {
            foreach (var secret in new[]
            {
                ServerProcess.Key, "stolen-key", code, device.Credential, Secret, Secret[6..], AuthCode,
            })
                Assert.False(text.Contains(secret, StringComparison.OrdinalIgnoreCase), $"{secret} is in {what}");
            Assert.False(Regex.IsMatch(text, $"(?<![0-9a-zA-Z.-]){Last4}(?![0-9a-zA-Z-])"),
                $"four digits of the card are in {what}");
            Assert.DoesNotContain(Secrets.CardNumbers().Matches(text), match => Secrets.IsCard(match.Value));
        }
        cluster.Discard();
    }

    private static object Coffee(Receiver receiver) => new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, return_url = receiver.ReturnUrl,
    };

    /// <summary>The reader may have been on the node that is gone, and is nowhere for a moment.</summary>
    private static async Task Asks(TestDevice device, Guid checkout)
    {
        using var again = new PeriodicTimer(TimeSpan.FromSeconds(1));
        await device.Send(new Start(device.Epoch, checkout));
        var answer = device.Expect<Granted>();
        while (!answer.IsCompleted && await again.WaitForNextTickAsync(TestContext.Current.CancellationToken))
            await device.Send(new Start(device.Epoch, checkout));
        await answer;
    }

    /// <summary>
    /// The span of the till's request, which ends last, and all its parts: spans that are not sent are lost with the
    /// node.
    /// </summary>
    private static bool HasBegun(IReadOnlyList<Span> trace) =>
        trace.Any(span => span.Parent.Length == 0) && Steps[..4].All(step => trace.Any(span => span.Name == step));

    private static Span Of(IReadOnlyList<Span> trace, string name) => trace.First(span => span.Name == name);

    private static Span Root(IReadOnlyList<Span> trace) => trace.Single(span => span.Parent.Length == 0);

    /// <summary>What a span is a part of, in the end.</summary>
    private static Span Above(IReadOnlyList<Span> trace, Span span)
    {
        while (trace.SingleOrDefault(one => one.Id == span.Parent) is { } parent) span = parent;
        return span;
    }

    /// <summary>For the docs.</summary>
    private static void Tell(IReadOnlyList<Span> trace)
    {
        foreach (var span in trace)
            Console.WriteLine($"trace: {(span.Begun - trace[0].Begun) / 1e6,9:F1} ms  {span.Node}  {span.Name}");
    }
}
