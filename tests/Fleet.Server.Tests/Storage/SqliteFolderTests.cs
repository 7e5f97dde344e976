using System.Collections.Concurrent;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Fleet.Server.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Server.Tests;

/// <summary>
/// How a node checks a data folder before it uses it. The folder is a backup of a node that paired a reader and took a
/// payment.
/// </summary>
[Trait(TestPostgres.Storage, TestPostgres.OfItsOwn)]
public sealed class SqliteFolderTests(SqliteFolderTests.Backup backup) : IClassFixture<SqliteFolderTests.Backup>
{
    private const string Ledger = "ledger.db", Grains = "grains.db";

    [Fact]
    public async Task A_folder_restored_from_a_backup_is_as_it_was()
    {
        using var folder = backup.Restored();
        await using var fleet = await FleetApp.Start(folder.Path);
        Assert.Equal("successful", await fleet.Till.Outcome(backup.ReaderId, backup.Checkout));
    }

    [Fact]
    public async Task A_folder_that_a_newer_program_only_added_to_is_used()
    {
        using var folder = backup.Restored();
        foreach (var name in new[] { Ledger, Grains })
            Run(Path.Combine(folder.Path, name), "INSERT INTO schema_addition (script) VALUES (1000)");

        await using var fleet = await FleetApp.Start(folder.Path);
        Assert.Equal("successful", await fleet.Till.Outcome(backup.ReaderId, backup.Checkout));
        Assert.Contains("schema 1000, newer than",
            fleet.Services.GetRequiredService<SchemaVersion>().Describe(), StringComparison.Ordinal);
    }

    [Fact, UnsupportedOSPlatform("windows")]
    public async Task Only_the_owner_may_read_what_a_node_stores()
    {
        using var folder = backup.Restored();
        File.SetUnixFileMode(Path.Combine(folder.Path, Ledger), (UnixFileMode)0b110_100_100);
        await using (await FleetApp.Start(folder.Path)) Assert.All(Directory.GetFiles(folder.Path, "*.db*"), IsPrivate);

        var made = Path.Combine(folder.Path, "made");
        await using (await FleetApp.Start(made)) Assert.All(Directory.GetFiles(made, "*.*"), IsPrivate);
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(made));
    }

    [Theory]
    [InlineData(Ledger)]
    [InlineData(Grains)]
    public async Task A_file_that_is_not_what_was_written_stops_the_start(string name)
    {
        await Refused(name, "is damaged (file is not a database)", path => Write(path, 0, 100));
        await Refused(name, "is damaged", path => Write(path, 4096, 4096)); // one page
        await Refused(name, "is damaged", path => Write(path, 4096, (int)new FileInfo(path).Length - 4096));
        await Refused(name, "is damaged", path => Cut(path, 2 * 4096));
        await Refused(name, "is damaged (file is not a database)", path => File.WriteAllText(path, new('x', 50_000)));
        await Refused(name, "cannot be used: unable to open database file", path =>
        {
            File.Delete(path);
            Directory.CreateDirectory(path);
        });
        await Refused(name, "Start a newer Fleet", path => Run(path, "PRAGMA user_version = 1000"));
    }

    [Fact]
    public async Task A_lost_ledger_or_grain_state_stops_the_start()
    {
        await Refused(Ledger, "is missing or empty, but", File.Delete);
        await Refused(Ledger, "is missing or empty, but", path => File.WriteAllBytes(path, []));
        await Refused(Grains, "is missing or empty, but", File.Delete);
        await Refused(Grains, "is missing or empty, but", path => File.WriteAllBytes(path, []));
        await Refused(Ledger, "is missing or empty, but", path => // the folder of an older Fleet
        {
            File.Delete(path);
            Forget(Grains, path);
        });
        await Refused(Grains, "is missing or empty, but", path =>
        {
            File.Delete(path);
            Forget(Ledger, path);
        });
    }

    [Fact]
    public async Task Files_of_two_folders_are_not_taken_for_one()
    {
        using var other = new Folder();
        await (await FleetApp.Start(other.Path)).DisposeAsync();
        SqliteConnection.ClearAllPools();

        await Refused(Ledger, "are of two different folders", path => Copy(Ledger, path));
        await Refused(Grains, "are of two different folders", path => Copy(Grains, path));
        await Refused(Ledger, "are of two different folders", path => Run(path, "PRAGMA application_id = 0"));

        void Copy(string name, string path)
        {
            File.Delete(path);
            Run(Path.Combine(other.Path, name), $"VACUUM INTO '{path}'");
        }
    }

    /// <summary>
    /// What is there after a crash in the middle of the first start, and what an older Fleet has left.
    /// </summary>
    [Fact]
    public async Task What_any_start_can_leave_behind_is_opened()
    {
        await Opened(path => Forget(Grains, path), "a crash between the two marks");
        await Opened(path =>
        {
            Forget(Grains, path);
            Forget(Ledger, path);
        }, "a folder of an older Fleet");
        await Opened(path =>
        {
            Run(Path.Combine(path, Grains), "PRAGMA application_id = 0; DELETE FROM grain_state");
            File.Delete(Path.Combine(path, Ledger));
        }, "a crash before the ledger was made");
        await Opened(path =>
        {
            Run(Path.Combine(path, Grains), "PRAGMA application_id = 0; DELETE FROM grain_state");
            File.WriteAllBytes(Path.Combine(path, Ledger), []);
        }, "a crash while it was made");
        await Opened(path => Directory.Delete(path, recursive: true), "nothing");
    }

    [Fact]
    public async Task Two_nodes_never_have_the_same_folder()
    {
        using var folder = backup.Restored();
        await using (var first = await FleetApp.Start(folder.Path))
        {
            Assert.Equal(
                $"The data folder {folder.Path} is used by another Fleet server: stop that one, or give this one a "
                + "folder of its own with --data.", await Refusal(folder.Path));
            Assert.Equal("successful", await first.Till.Outcome(backup.ReaderId, backup.Checkout));
        }
        await using var next = await FleetApp.Start(folder.Path);
    }

    [Fact]
    public async Task Damage_that_shows_while_a_node_runs_is_503_and_not_ready()
    {
        using var folder = backup.Restored();
        using var stacks = new Stacks();
        await using var fleet = await FleetApp.Start(folder.Path, builder => builder.Logging.AddProvider(stacks));
        var path = Path.Combine(folder.Path, Ledger);
        Write(path, 4096, (int)new FileInfo(path).Length - 4096);

        await Eventually.Equal(503, () => Status($"readers/{backup.ReaderId}/checkout/{backup.Checkout}"),
            SqliteConnection.ClearAllPools);
        // the reader is not active: its ledger cannot be read
        Assert.Equal(503, await Status($"readers/{backup.ReaderId}"));
        Assert.Equal(503, await Status($"readers/{backup.ReaderId}/status"));
        Assert.Empty(stacks.Seen);
        using var http = new HttpClient();
        using var ready = await http.GetAsync(
            new Uri(fleet.OperationsAddress, "/health/ready"), TestContext.Current.CancellationToken);
        Assert.Equal(503, (int)ready.StatusCode);
        Assert.Equal(
            "The database is damaged (database disk image is malformed): stop the node and restore a backup, see "
            + "docs/backup.md.", (await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Trim());

        async Task<int> Status(string path)
        {
            using var answer = await fleet.Till.Get(path);
            return (int)answer.StatusCode;
        }
    }

    /// <summary>Harms a file of a good folder; a node must refuse it in one sentence that names the file.</summary>
    private async Task Refused(string name, string why, Action<string> harm)
    {
        using var folder = backup.Restored();
        var path = Path.Combine(folder.Path, name);
        harm(path);
        var sentence = await Refusal(folder.Path);
        Assert.Contains($"{path}", sentence, StringComparison.Ordinal);
        Assert.Contains(why, sentence, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', sentence);
    }

    private async Task Opened(Action<string> change, string what)
    {
        using var folder = backup.Restored();
        change(folder.Path);
        for (var start = 0; start < 2; start++)
        {
            var failure = await Record.ExceptionAsync(
                async () => await (await FleetApp.Start(folder.Path)).DisposeAsync());
            Assert.True(failure is null, $"{what}: {failure?.Message}");
        }
    }

    private static async Task<string> Refusal(string folder)
    {
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => FleetApp.Start(folder));
        return refusal.Message;
    }

    private static void Forget(string name, string besides) => Run(
        Path.Combine(Directory.Exists(besides) ? besides : Path.GetDirectoryName(besides) ?? "", name),
        "PRAGMA application_id = 0");

    private static void Write(string path, int from, int count)
    {
        using var file = File.OpenWrite(path);
        file.Position = from;
        file.Write(RandomNumberGenerator.GetBytes(count));
    }

    private static void Cut(string path, int length)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(length);
    }

    private static void Run(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Both files, as docs/backup.md tells to copy them.</summary>
    public sealed class Backup : IAsyncLifetime
    {
        private readonly Folder _files = new();

        public string ReaderId { get; private set; } = "";

        public Guid Checkout { get; private set; }

        public async ValueTask InitializeAsync()
        {
            using var data = new Folder();
            await using var fleet = await FleetApp.Start(data.Path);
            await using var device = await fleet.PairedDevice();
            Checkout = await fleet.Till.Charge(ReaderId = device.ReaderId);
            await device.Pay();
            foreach (var name in new[] { Grains, Ledger })
                Run(Path.Combine(data.Path, name), $"VACUUM INTO '{Path.Combine(_files.Path, name)}'");
        }

        public ValueTask DisposeAsync()
        {
            _files.Dispose();
            return ValueTask.CompletedTask;
        }

        internal Folder Restored()
        {
            var folder = new Folder();
            foreach (var name in new[] { Grains, Ledger })
                File.Copy(Path.Combine(_files.Path, name), Path.Combine(folder.Path, name));
            return folder;
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static void IsPrivate(string file) =>
        Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(file));

    /// <summary>What was logged together with an exception.</summary>
    private sealed class Stacks : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Seen { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (exception is not null) Seen.Enqueue($"{logLevel} {eventId} {formatter(state, exception)} {exception}");
        }

        public void Dispose() { }
    }

    internal sealed class Folder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("fleet-test-").FullName;

        public void Dispose()
        {
            SqliteConnection.ClearAllPools();
            if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
        }
    }
}
