using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>The forwarding headers of a proxy are believed when a setting names it, and by no variable.</summary>
public sealed class ForwardedTests
{
    private const string Elsewhere = "pay.example";

    [Theory]
    [InlineData(false)]
    [InlineData(true, "--Fleet:TrustedProxies:0=127.0.0.0/8")]
    public async Task The_variable_of_the_web_server_makes_no_one_a_trusted_proxy(
        bool believed, params string[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-torture-").FullName;
        await using (var node = new ServerProcess("node", folder, [$"--data={folder}/data", .. settings])
        {
            Variables = new Dictionary<string, string> { ["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true" },
        })
        {
            await node.Start();
            using var client = new HttpClient { BaseAddress = node.Address };
            client.DefaultRequestHeaders.Add("X-Forwarded-Host", Elsewhere);
            client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");
            var text = await client.GetStringAsync("/openapi/v1.json", TestContext.Current.CancellationToken);

            Assert.Equal(believed, text.Contains(Elsewhere, StringComparison.Ordinal));
        }
        Directory.Delete(folder, recursive: true);
    }
}
