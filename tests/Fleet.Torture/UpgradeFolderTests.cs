using System.Net;
using System.Security.Cryptography;
using System.Text;
using Fleet.Protocol;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>
/// A folder of SQLite that the other version wrote is read by this one, and the other way round, also when a later
/// version has added to it.
/// </summary>
public sealed class UpgradeFolderTests
{
    private const string Transactions = $"/v2.1/merchants/{ServerProcess.Merchant}/transactions";

    private const string Payments = $"/v1.0/merchants/{ServerProcess.Merchant}/payments";

    private const string ChainKey = "chain-key"; // may verify the audit

    private static readonly (string, string) IdempotencyKey = ("Idempotency-Key", "sale-1");

    [TwoVersionsFact]
    public async Task A_folder_tells_the_same_story_to_both_versions()
    {
        await using var receiver = await Receiver.Started(
            (post, _) => Task.FromResult<int?>(post.Status is "successful" ? 200 : 410));
        await using var server = await ServerProcess.StartedWith(OtherVersion.Program,
            [.. receiver.Settings(1, 1), $"--Fleet:Keys:0:Sha256={Hash(ChainKey)}", "--Fleet:Keys:0:Name=chain"]);
        await using var device = await server.Paired("FOLDER-1");
        await using var second = await server.Paired("FOLDER-2");
        var key = await MakeOffice(server, second.ReaderId);
        var checkouts = await MakePayments(server, device, receiver.ReturnUrl);
        await device.HangUp();
        await second.HangUp();

        var before = await Story(server, checkouts);
        await Restart(server, ServerProcess.Beside);
        Assert.Equal(before, await Story(server, checkouts));
        Assert.Equal(HttpStatusCode.OK, await Ask(new Till(server.Address, ServerProcess.Merchant, key)));
        Assert.Equal(checkouts[0], await Start(server, device.ReaderId, Sale("1", receiver.ReturnUrl)));
        await using (var again = await device.ConnectAgain())
        {
            Assert.Equal(checkouts[^1], (await again.Resume()).Checkout?.CheckoutId);
            await again.Approve(checkouts[^1]);
            await again.HangUp();
        }
        await AllTold(server);

        var after = await Story(server, checkouts);
        await Restart(server, OtherVersion.Program, () => SchemaOfTomorrow.AddToFolder($"{server.Folder}/data"));
        Assert.Contains(SchemaOfTomorrow.Notice, server.Output, StringComparison.Ordinal);
        Assert.Equal(after, await Story(server, checkouts));
        Assert.Equal(HttpStatusCode.OK, await Ask(new Till(server.Address, ServerProcess.Merchant, key)));
        await using var last = await second.ConnectAgain();
        await last.Resume();
        var paid = await server.Till.Charge(last.ReaderId);
        await last.Pay();
        Assert.Equal("successful", await server.Till.Outcome(last.ReaderId, paid));
        Console.WriteLine($"folder: {before.Count} answers of {checkouts.Length} checkouts, {before.Sum(a => a.Length)}"
            + " characters, are the same before and after");
    }

    /// <summary>A store with a reader in it, and a key; returns the key.</summary>
    private static async Task<string> MakeOffice(ServerProcess server, string readerId)
    {
        await Post(server, "/fleet/v1/stores", new { store = "office", name = "Office" });
        await Post(server, $"/fleet/v1/readers/{readerId}/move", new { store = "office" });
        using var made = await server.Till.Post(
            "/fleet/v1/keys", new { name = "office", scopes = new[] { "readers.read" } });
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        return (await made.Json()).GetProperty("key").GetString() ?? "";
    }

    /// <summary>
    /// One charged and in part given back, one declined, one terminated, and one that has only started.
    /// </summary>
    private static async Task<Guid[]> MakePayments(ServerProcess server, TestDevice device, string returnUrl)
    {
        var charged = await Start(server, device.ReaderId, Sale("1", returnUrl));
        await device.Pay();
        await Post(server, $"{Payments}/{charged}/refunds", new { amount = 5.00 });
        var declined = await server.Till.Charge(device.ReaderId, Sale("2", returnUrl));
        Assert.True(await device.AskStart(declined));
        await device.Report(new Result(device.Epoch, declined, Outcomes.Failed, Reasons.Declined));
        var terminated = await server.Till.Charge(device.ReaderId, Sale("3", returnUrl));
        await Post(server, $"readers/{device.ReaderId}/terminate", new { });
        await AllTold(server);
        var open = await server.Till.Charge(device.ReaderId, Sale("4", returnUrl));
        Assert.True(await device.AskStart(open));
        return [charged, declined, terminated, open];
    }

    /// <summary>All that can be asked about what happened.</summary>
    private static async Task<IReadOnlyList<string>> Story(ServerProcess server, Guid[] checkouts)
    {
        string[] paths =
        [
            "readers", "/fleet/v1/readers", "/fleet/v1/stores", "/fleet/v1/stores/office/board", "/fleet/v1/keys",
            "/fleet/v1/webhooks", "/fleet/v1/audit", $"{Transactions}/history",
            .. checkouts.SelectMany(id => new[]
            {
                $"{Transactions}?id={id}", $"/fleet/v1/checkouts/{id}/timeline", $"/fleet/v1/checkouts/{id}",
            }),
            $"/v1.1/receipts/{checkouts[0]}?mid={ServerProcess.Merchant}",
        ];
        var story = new List<string>();
        foreach (var path in paths)
        {
            using var answer = await server.Till.Get(path);
            Assert.True(answer.StatusCode is HttpStatusCode.OK, $"{path}: {answer.StatusCode}");
            story.Add($"{path}: {await answer.Json()}");
        }
        using var verified = await new Till(server.Address, ServerProcess.Merchant, ChainKey)
            .Get("/fleet/v1/audit/verification");
        Assert.Equal(HttpStatusCode.OK, verified.StatusCode);
        story.Add($"{await verified.Json()}");
        Assert.DoesNotContain("broken", story[^1], StringComparison.Ordinal);
        return story;
    }

    private static async Task Restart(ServerProcess server, string program, Func<Task>? meanwhile = null)
    {
        server.Terminate();
        Assert.Equal(0, await server.Ended());
        await (meanwhile?.Invoke() ?? Task.CompletedTask);
        server.Program = program;
        await server.Start();
    }

    private static Task AllTold(ServerProcess server) => Eventually.Equal(false, async () =>
    {
        using var answer = await server.Till.Get("/fleet/v1/webhooks");
        return $"{await answer.Json()}".Contains("\"waiting\"", StringComparison.Ordinal);
    });

    private static async Task<Guid> Start(ServerProcess server, string readerId, object sale)
    {
        using var answer = await server.Till.Post($"readers/{readerId}/checkout", sale, IdempotencyKey);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Json()).GetProperty("data").GetProperty("checkout_id").GetGuid();
    }

    private static async Task Post(ServerProcess server, string path, object body)
    {
        using var answer = await server.Till.Post(path, body);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {await answer.Content.ReadAsStringAsync()}");
    }

    private static async Task<HttpStatusCode> Ask(Till till)
    {
        using var answer = await till.Get("readers");
        return answer.StatusCode;
    }

    private static string Hash(string key) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private static object Sale(string name, string returnUrl) => new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
        description = name,
        return_url = returnUrl,
        affiliate = new { app_id = "app", key = "key", foreign_transaction_id = name },
    };
}
