using System.Text;
using Fleet.Torture.Checking;
using Fleet.Torture.Cloud;
using Fleet.Torture.Processes;

namespace Fleet.Torture.SelfTest;

/// <summary>A search that never finds anything proves nothing: what is put into a text on purpose is found.</summary>
public sealed class SecretsTests(Databases databases)
{
    private const string Card = "4539578763621486";

    private static readonly string Token = $"CfDJ8{new string('A', 40)}{new string('b', 60)}",
        Other = $"CfDJ8{new string('A', 40)}{new string('c', 60)}";

    private static Secrets Secrets => new(
        new Dictionary<string, string> { ["the API key"] = StandInCloud.Key }, [Token]);

    [Theory]
    [InlineData("16:00:11.123 info: Fleet.Server.Cloud[1600] SumUp refused sup_sk_StandIn of MTILL001.", "the API key")]
    [InlineData("16:00:11.123 info: Fleet.Server.Cloud[1600] Authorization: Bearer SUP_SK_STANDIN", "the API key")]
    [InlineData("paid with 4539578763621486.", "a number of a card")]
    [InlineData("measured 4539578763621486.5 of it", null)]
    [InlineData("""{"pan":"4539578763621486"}""", "a number of a card")]
    [InlineData("paid with 4539578763621487, thanks", null)] // the check digit is wrong
    [InlineData("""{"last_4_digits":"1486","at":1764432011123}""", null)]
    public void A_secret_in_a_log_line_is_found(string line, string? found)
    {
        var places = Secrets.FindIn("a log", $"16:00:10.001 info: ready\n{line}\n").ToArray();

        if (found is null) Assert.Empty(places);
        else Assert.StartsWith($"{found} is in a log: ", Assert.Single(places), StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_is_found_wherever_it_begins_and_no_other_one()
    {
        var bytes = Encoding.Latin1.GetString([0x0a, 0x7a, .. Encoding.UTF8.GetBytes(Token), 0x32, 0x01]);

        Assert.Single(Secrets.FindIn("a trace", bytes));
        Assert.Empty(Secrets.FindIn("a trace", bytes.Replace(Token, Other, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_secret_in_any_column_of_a_database_is_found()
    {
        var postgres = await databases.Make();
        await Databases.Execute(postgres,
            $$"""
            CREATE TABLE words (id int, body json);
            CREATE TABLE "Bytes" (at timestamptz, payload bytea);
            INSERT INTO words VALUES (1, '{"url":"http://127.0.0.1/fleet/v1/callbacks/{{Token}}"}'), (2, NULL);
            INSERT INTO "Bytes" VALUES (now(), '\x00ff'::bytea || convert_to('{{StandInCloud.Key}}', 'UTF8')
                || '\x01'::bytea), (now(), convert_to('{{Card}}', 'UTF8'));
            """);

        var found = (await TableDump.Read(postgres)).SelectMany(column => Secrets.FindIn(column.What, column.Text));

        Assert.Equal(
            [
                "a number of a card is in \"public\".\"Bytes\".payload",
                "a token is in \"public\".\"words\".body",
                "the API key is in \"public\".\"Bytes\".payload",
            ],
            found.Select(place => place.Split(": ")[0]).Order(StringComparer.Ordinal));
    }
}
