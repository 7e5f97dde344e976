using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>What one node is told of a merchant counts on each of three within 5 seconds.</summary>
[Collection(Alone.Name)]
public sealed class MerchantSpreadTests(Databases databases)
{
    private const string ChainKey = "chain-key", Merchants = "/fleet/v1/merchants", Code = "MSPREAD1";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_merchant_of_node_1_pays_on_node_3_and_is_then_refused_on_all(int suspender)
    {
        await using var cluster = await Cluster.Started(databases, settings:
        [
            "--Fleet:Keys:0:Sha256=" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(ChainKey))),
        ]);
        var (first, third) = (cluster.Nodes[0], cluster.Nodes[2]);
        foreach (var node in cluster.Nodes) await PayOnce(node); // the first payment of a process is slow
        var till = TillOn(third);
        var since = Stopwatch.StartNew();
        await Tell(first, Merchants, new { merchant_code = Code, sandbox = true, name = "Shop" });
        await Eventually.Equal(HttpStatusCode.OK, () => AskReaders(till));
        var known = since.Elapsed;
        await using var device = await third.Paired("LANE-0", till);
        await till.Charge(device.ReaderId);
        await device.Pay();
        var paid = since.Elapsed;

        var open = await till.Charge(device.ReaderId);
        Assert.True(await device.AskStart(open));
        var lanes = new List<TestDevice>();
        foreach (var node in cluster.Nodes) lanes.Add(await node.Paired($"LANE-{node.Name}", till));
        since.Restart();
        await Tell(cluster.Nodes[suspender], $"{Merchants}/{Code}/suspend", new { reason = "contract ended" });
        var refused = await Task.WhenAll(cluster.Nodes.Zip(lanes, (node, lane) => AwaitRefusal(node, lane, since)));
        await device.Approve(open);

        Console.WriteLine(
            $"a merchant of node 1 is known on node 3 after {Text(known)}, and has paid after {Text(paid)}; "
            + $"suspended on node {suspender + 1}, refused on 1, 2, 3 after {string.Join(", ", refused.Select(Text))}");
        foreach (var node in cluster.Nodes)
            Assert.Equal("successful", await TillOn(node).Outcome(device.ReaderId, open));
        Assert.All([paid, .. refused], took => Assert.InRange(took, TimeSpan.Zero, Limit));
        foreach (var lane in lanes) await lane.DisposeAsync();
        cluster.Discard();
    }

    private static Till TillOn(ServerProcess node) => new(node.Address, Code, ChainKey);

    private static string Text(TimeSpan took) => $"{took.TotalMilliseconds:0} ms";

    private static async Task PayOnce(ServerProcess node)
    {
        await using var device = await node.Paired($"FIRST-{node.Name}");
        await node.Till.Charge(device.ReaderId);
        await device.Pay();
    }

    private static async Task Tell(ServerProcess node, string path, object ask)
    {
        using var answer = await TillOn(node).Post(path, ask);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static async Task<HttpStatusCode> AskReaders(Till till)
    {
        using var answer = await till.Get("readers");
        return answer.StatusCode;
    }

    /// <summary>
    /// Starts payments at a node until one is refused because of the suspension; those before that are terminated.
    /// </summary>
    private static async Task<TimeSpan> AwaitRefusal(ServerProcess node, TestDevice lane, Stopwatch since)
    {
        var till = TillOn(node);
        await Eventually.Equal("422 MERCHANT_SUSPENDED", async () =>
        {
            using var answer = await till.Post($"readers/{lane.ReaderId}/checkout", Checkouts.Coffee);
            if (answer.StatusCode is not HttpStatusCode.Created) return await answer.Refusal();
            using var terminated = await till.Post($"readers/{lane.ReaderId}/terminate", new { });
            return "201";
        });
        return since.Elapsed;
    }
}
