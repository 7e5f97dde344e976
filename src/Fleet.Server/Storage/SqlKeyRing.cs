using System.Xml.Linq;
using Fleet.Server.Settings;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Storage;

/// <summary>
/// The key ring of Data Protection, in the database that all nodes share. Entries are encrypted here and not by an
/// encryptor of Data Protection: that one would make a new key for each that it cannot read, without a word.
/// </summary>
internal sealed class SqlKeyRing(
    Database database, IOptions<FleetOptions> options, TimeProvider time, ILogger<SqlKeyRing> log)
    : IXmlRepository, IHostedService
{
    private const string Insert = "INSERT INTO key_ring (name, xml, at) VALUES (@name, @xml, @at)";

    private const string Replace = "UPDATE key_ring SET xml = @xml WHERE name = @name AND xml = @old";

    private readonly RingCipher _cipher = new(options.Value);

    /// <summary>Encrypts entries that are stored in the clear or with the key before.</summary>
    /// <exception cref="InvalidOperationException">The ring is encrypted, and this node has not its key.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var entry in (await ReadEntries(cancellationToken)).Where(entry => !entry.IsCurrent))
        {
            await database.ChangeRows(new Statement(Replace, ("name", entry.Name), ("old", entry.Stored),
                ("xml", _cipher.Encrypt(entry.Name, entry.Xml))));
            log.EntryEncrypted(entry.Name);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <exception cref="LedgerUnavailableException">The database did not answer.</exception>
    /// <exception cref="InvalidOperationException">The ring is encrypted, and this node has not its key.</exception>
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. Wait(() => ReadEntries(CancellationToken.None)).Select(entry => XElement.Parse(entry.Xml))];

    /// <exception cref="LedgerUnavailableException">It is not known whether the entry was stored.</exception>
    public void StoreElement(XElement element, string friendlyName)
    {
        var xml = _cipher.Encrypt(friendlyName, element.ToString(SaveOptions.DisableFormatting));
        Wait(() => database.ChangeRows(
            new Statement(Insert, ("name", friendlyName), ("xml", xml), ("at", time.Now()))));
        if (_cipher.HasKey) log.EntryStored(friendlyName);
        else log.EntryStoredInTheClear(friendlyName);
    }

    /// <summary>
    /// Data Protection asks synchronously, when a node seals for the first time and about once a day. It blocks a
    /// thread, and works in the pool: a grain's turn that waits here could not run what continues the work.
    /// </summary>
    private static T Wait<T>(Func<Task<T>> work) => Task.Run(work).GetAwaiter().GetResult();

    private async Task<IReadOnlyList<Entry>> ReadEntries(CancellationToken cancel)
    {
        var rows = await database.ReadRows("SELECT name, xml FROM key_ring ORDER BY at, name",
            row => (Name: row.GetString(0), Stored: row.GetString(1)), cancel);
        return [.. rows.Select(row =>
        {
            var (xml, isCurrent) = _cipher.Decrypt(row.Name, row.Stored);
            return new Entry(row.Name, row.Stored, xml, isCurrent);
        })];
    }

    /// <summary>An entry, as it is stored and as it is.</summary>
    private sealed record Entry(string Name, string Stored, string Xml, bool IsCurrent);
}

internal static partial class KeyRingLog
{
    [LoggerMessage(2500, LogLevel.Information, "The new {Entry} of the key ring was stored, encrypted.")]
    public static partial void EntryStored(this ILogger log, string entry);

    [LoggerMessage(2501, LogLevel.Warning,
        "The new {Entry} of the key ring was stored in the clear: who reads the database can open what it seals. Set "
        + "Fleet:SealingKey.")]
    public static partial void EntryStoredInTheClear(this ILogger log, string entry);

    [LoggerMessage(2502, LogLevel.Information, "The {Entry} of the key ring is now encrypted with Fleet:SealingKey.")]
    public static partial void EntryEncrypted(this ILogger log, string entry);
}
