using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Xml.Linq;
using Fleet.Server.Access;
using Fleet.Server.Cloud;
using Fleet.Server.Storage;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>Texts that nodes seal with the keys of their ring, and the ring in the database.</summary>
public sealed class SealTests
{
    private const string Purpose = "key", Secret = "sup_sk_NotForAnyEyes42";

    private static readonly string Key = NewKey(), Other = NewKey();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sealed_text_is_opened_for_its_purpose_only_and_shows_nothing()
    {
        await using var fleet = await FleetApp.Start();
        var seal = SealOf(fleet);
        var closed = seal.SealText(Purpose, Secret);

        Assert.Matches("^[A-Za-z0-9_-]+$", closed);
        Assert.DoesNotContain(Secret, closed, StringComparison.Ordinal);
        Assert.NotEqual(closed, seal.SealText(Purpose, Secret));
        Assert.Equal(Secret, seal.OpenText(Purpose, closed));
        Assert.Null(seal.OpenText("token", closed));
        Assert.Null(seal.OpenText(Purpose, closed[..40] + (closed[40] == 'A' ? 'B' : 'A') + closed[41..]));
        Assert.Null(seal.OpenText(Purpose, closed[..30]));
        foreach (var junk in new[] { "", "x", new string('x', 200), "a b c", new string('€', 60) })
            Assert.Null(seal.OpenText(Purpose, junk));
    }

    [Fact]
    public async Task A_node_that_seals_nothing_reads_no_ring_and_makes_no_key()
    {
        var reads = 0;
        await using var fleet = await FleetApp.Start(builder => builder.Services.AddSingleton<IXmlRepository>(
            services => new Watched(services.GetRequiredService<SqlKeyRing>(), () => reads++)));
        await using var device = await fleet.PairedDevice();
        await fleet.Till.Charge(device.ReaderId);
        Assert.Null(SealOf(fleet).OpenText(Purpose, "made up"));

        Assert.Equal(0, reads);
        Assert.Empty(await Stored(fleet));
        SealOf(fleet).SealText(Purpose, Secret);
        Assert.InRange(reads, 1, 3);
    }

    [Fact]
    public async Task Texts_that_callers_make_up_are_no_load_for_the_database()
    {
        await using var fleet = await FleetApp.Start();
        var (reads, clock) = (0, fleet.Clock);
        var ring = new Watched(fleet.Services.GetRequiredService<SqlKeyRing>(), () => reads++);
        var (seal, elsewhere) = (new Seal(ring, clock), SealOf(fleet));
        var closed = seal.SealText(Purpose, Secret);
        var before = reads;
        for (var i = 0; i < 100; i++) Assert.Null(seal.OpenText(Purpose, MadeUp()));
        Assert.Equal(before, reads);

        fleet.Pass(Seal.RereadPause.TotalSeconds);
        for (var i = 0; i < 100; i++) Assert.Null(seal.OpenText(Purpose, MadeUp()));
        Assert.Equal(before + 1, reads);
        Assert.Equal(Secret, elsewhere.OpenText(Purpose, closed));
        Assert.Single(await Stored(fleet));

        static string MadeUp()
        {
            var bytes = RandomNumberGenerator.GetBytes(120);
            new byte[] { 0x09, 0xF0, 0xC9, 0xF0 }.CopyTo(bytes, 0); // as a sealed text begins
            return Base64Url.EncodeToString(bytes);
        }
    }

    [Fact]
    public async Task Keys_that_two_nodes_make_at_once_are_both_good()
    {
        await using var fleet = await FleetApp.Start();
        var (ring, isLate) = (fleet.Services.GetRequiredService<SqlKeyRing>(), false);
        var first = new Seal(ring, fleet.Clock);
        var second = new Seal(new Watched(ring, () => { }, hides: () => !isLate), fleet.Clock);
        var (one, two) = (first.SealText(Purpose, "one"), second.SealText(Purpose, "two"));
        isLate = true;
        Assert.Equal(2, (await Stored(fleet)).Count);

        fleet.Pass(Seal.RereadPause.TotalSeconds);
        Assert.Equal("two", first.OpenText(Purpose, two));
        Assert.Equal("one", second.OpenText(Purpose, one));
        Assert.Equal("two", second.OpenText(Purpose, two));
    }

    [Fact]
    public async Task A_key_that_expired_still_opens_what_it_sealed()
    {
        await using var fleet = await FleetApp.Start();
        var closed = SealOf(fleet).SealText(Purpose, Secret);
        var old = XElement.Parse(Assert.Single(await Stored(fleet)));
        old.SetElementValue("activationDate", new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));
        old.SetElementValue("expirationDate", new DateTimeOffset(2020, 4, 1, 0, 0, 0, TimeSpan.Zero));
        await fleet.Services.GetRequiredService<Database>().ChangeRows(
            new Statement("UPDATE key_ring SET xml = @xml", ("xml", old.ToString())));

        var later = new Seal(fleet.Services.GetRequiredService<SqlKeyRing>(), fleet.Clock);
        Assert.Equal(Secret, later.OpenText(Purpose, closed));
        var renewed = later.SealText(Purpose, Secret);
        Assert.Equal(2, (await Stored(fleet)).Count);
        Assert.NotEqual(closed[..27], renewed[..27]); // another key
    }

    [Fact]
    public async Task While_the_database_is_away_a_text_is_neither_good_nor_bad()
    {
        await using var fleet = await FleetApp.Start();
        var closed = SealOf(fleet).SealText(Purpose, Secret);
        var isAway = true;
        var seal = new Seal(new Watched(fleet.Services.GetRequiredService<SqlKeyRing>(),
            () => { if (isAway) throw new LedgerUnavailableException("The database cannot be read."); }), fleet.Clock);

        Assert.Throws<LedgerUnavailableException>(() => seal.OpenText(Purpose, closed));
        Assert.Throws<LedgerUnavailableException>(() => seal.OpenText(Purpose, closed)); // known without another read
        Assert.Throws<LedgerUnavailableException>(() => seal.SealText(Purpose, Secret));
        isAway = false;
        fleet.Pass(Seal.RereadPause.TotalSeconds);
        Assert.Equal(Secret, seal.OpenText(Purpose, closed));
    }

    [Fact]
    public async Task The_ring_is_encrypted_with_the_sealing_key_and_only_its_nodes_start()
    {
        await using var fleet = await FleetApp.Start(null, $"--Fleet:SealingKey={Key}");
        var closed = SealOf(fleet).SealText(Purpose, Secret);
        Assert.DoesNotContain("<", Assert.Single(await Stored(fleet)), StringComparison.Ordinal);
        await fleet.Stop();

        var missing = await Refused(fleet);
        Assert.Contains("Fleet:SealingKey is not set", missing, StringComparison.Ordinal);
        var wrong = await Refused(fleet, $"--Fleet:SealingKey={Other}");
        Assert.Contains("another key than Fleet:SealingKey", wrong, StringComparison.Ordinal);
        Assert.DoesNotContain(Other, wrong, StringComparison.Ordinal);
        await using var again = await FleetApp.Start(fleet.Folder, $"--Fleet:SealingKey={Key}");
        Assert.Equal(Secret, SealOf(again).OpenText(Purpose, closed));
    }

    [Fact]
    public async Task A_ring_in_the_clear_is_encrypted_by_the_first_node_with_the_key()
    {
        await using var fleet = await FleetApp.Start();
        var closed = SealOf(fleet).SealText(Purpose, Secret);
        Assert.Contains("<value>", Assert.Single(await Stored(fleet)), StringComparison.Ordinal);
        await fleet.Stop();

        await using var sealing = await FleetApp.Start(fleet.Folder, $"--Fleet:SealingKey={Key}");
        Assert.DoesNotContain("<", Assert.Single(await Stored(sealing)), StringComparison.Ordinal);
        Assert.Equal(Secret, SealOf(sealing).OpenText(Purpose, closed));
    }

    [Fact]
    public async Task A_changed_sealing_key_replaces_the_one_before()
    {
        await using var fleet = await FleetApp.Start(null, $"--Fleet:SealingKey={Key}");
        var closed = SealOf(fleet).SealText(Purpose, Secret);
        await fleet.Stop();
        await using (var changing = await FleetApp.Start(fleet.Folder,
            $"--Fleet:SealingKey={Other}", $"--Fleet:SealingKeyBefore={Key}"))
            Assert.Equal(Secret, SealOf(changing).OpenText(Purpose, closed));

        await using var changed = await FleetApp.Start(fleet.Folder, $"--Fleet:SealingKey={Other}");
        Assert.Equal(Secret, SealOf(changed).OpenText(Purpose, closed));
    }

    /// <summary>A node that was started before the ring was encrypted must not go on with keys of its own.</summary>
    [Fact]
    public async Task A_running_node_that_cannot_read_the_ring_says_so_and_makes_no_key()
    {
        await using var fleet = await FleetApp.Start();
        var entry = new XElement("key");
        var cipher = new RingCipher(new() { SealingKey = Key });
        await fleet.Services.GetRequiredService<Database>().ChangeRows(new Statement(
            "INSERT INTO key_ring (name, xml, at) VALUES ('key-1', @xml, @at)",
            ("xml", cipher.Encrypt("key-1", entry.ToString())), ("at", fleet.Clock.GetUtcNow())));

        var told = Assert.Throws<InvalidOperationException>(() => SealOf(fleet).SealText(Purpose, Secret));
        Assert.Contains("Fleet:SealingKey is not set", told.Message, StringComparison.Ordinal);
        Assert.Single(await Stored(fleet));
        Assert.Throws<InvalidOperationException>(() => new RingCipher(new() { SealingKey = Key })
            .Decrypt("key-2", cipher.Encrypt("key-1", "<key />"))); // an entry in the place of another one
    }

    [Fact, Trait(TestPostgres.Storage, TestPostgres.OfItsOwn)]
    public async Task Two_nodes_of_a_cluster_open_what_the_other_one_sealed()
    {
        await using var first = await FleetApp.StartCluster($"--Fleet:SealingKey={Key}");
        await using var second = await first.StartAnother($"--Fleet:SealingKey={Key}");
        var closed = await Task.WhenAll(new[] { first, second }.Select(node =>
            Task.Run(() => SealOf(node).SealText(Purpose, Secret), Cancel)));

        first.Pass(Seal.RereadPause.TotalSeconds);
        foreach (var node in new[] { first, second })
            Assert.All(closed, text => Assert.Equal(Secret, SealOf(node).OpenText(Purpose, text)));
    }

    [Fact]
    public async Task Only_an_address_that_fleet_made_takes_a_callback()
    {
        await using var fleet = await FleetApp.Start(null, "--Fleet:Cloud:PublicUrl=https://fleet.example");
        var made = fleet.Services.GetRequiredService<CallbackAddresses>().MakeAddress("rdr_1", Guid.NewGuid());
        Assert.NotNull(made);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (await Call(made), await Call(made[..^30] + "x")));

        async Task<HttpStatusCode> Call(string address)
        {
            using var http = new HttpClient();
            var here = new Uri(fleet.Address, new Uri(address).AbsolutePath);
            using var answer = await http.PostAsync(here, null, Cancel);
            return answer.StatusCode;
        }
    }

    private static Seal SealOf(FleetApp fleet) => fleet.Services.GetRequiredService<Seal>();

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private static Task<IReadOnlyList<string>> Stored(FleetApp fleet) =>
        fleet.Services.GetRequiredService<Database>().ReadRows(
            "SELECT xml FROM key_ring", row => row.GetString(0), Cancel);

    private static async Task<string> Refused(FleetApp before, params string[] settings) =>
        (await Assert.ThrowsAsync<InvalidOperationException>(() => FleetApp.Start(before.Folder, settings))).Message;

    /// <summary>A ring whose reads a test sees, and from which it can hide what others stored.</summary>
    private sealed class Watched(SqlKeyRing real, Action onRead, Func<bool>? hides = null) : IXmlRepository
    {
        private string? _own;

        public IReadOnlyCollection<XElement> GetAllElements()
        {
            onRead();
            var all = real.GetAllElements();
            return hides?.Invoke() is true ? [.. all.Where(one => $"{one.Attribute("id")}" == _own)] : all;
        }

        public void StoreElement(XElement element, string friendlyName)
        {
            _own = $"{element.Attribute("id")}";
            real.StoreElement(element, friendlyName);
        }
    }
}
