using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Storage.Sqlite;

/// <summary>
/// The data folder of a node on SQLite. One process at a time uses it. Before its two files are used, it is checked
/// that they are undamaged and belong together: without its ledger a node could take a payment twice.
/// </summary>
internal sealed class SqliteFolder : IDisposable
{
    /// <summary>
    /// Kept open, and locked by the operating system, while the process runs: when a process is killed its lock is
    /// gone, even if the file is left.
    /// </summary>
    private const string LockName = "fleet.lock";

    private const string Advice = "Restore both files of the folder from one backup: see docs/backup.md";

    /// <summary>What the system says when another process holds the lock: EWOULDBLOCK.</summary>
    private const int LockedByOther = 11;

    private readonly FileStream _lock;

    private SqliteFolder(string path)
    {
        _lock = TakeLock(path);
        (Grains, Ledger) = (Path.Combine(path, "grains.db"), Path.Combine(path, "ledger.db"));
    }

    /// <summary>The file of Orleans' grain state.</summary>
    public string Grains { get; }

    /// <summary>The file of the ledger.</summary>
    public string Ledger { get; }

    /// <summary>The schema of the ledger's file.</summary>
    public SchemaVersion Schema { get; private set; } = new(0, 0, 0);

    /// <summary>Locks the folder, checks its files, and updates them to the current schema.</summary>
    /// <exception cref="InvalidOperationException">The folder cannot be used; the message says why.</exception>
    public static SqliteFolder OpenFolder(string path)
    {
        var folder = new SqliteFolder(path);
        try
        {
            folder.PrepareFiles();
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream TakeLock(string path)
    {
        try
        {
            OwnerOnly.MakeFolder(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"The data folder {path} cannot be made: {e.Message}", e);
        }
        try
        {
            return OwnerOnly.OpenFile(Path.Combine(path, LockName), FileShare.None);
        }
        catch (Exception e) when (e is UnauthorizedAccessException || (e is IOException && e.HResult != LockedByOther))
        {
            throw new InvalidOperationException($"The data folder {path} cannot be written to: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new InvalidOperationException(
                $"The data folder {path} is used by another Fleet server: stop that one, or give this one a folder of "
                + "its own with --data.", e);
        }
    }

    /// <summary>The file of the grain state is made first; a ledger is made only when that file exists.</summary>
    private void PrepareFiles()
    {
        var grains = ReadState(Grains, "SELECT EXISTS (SELECT 1 FROM grain_state)");
        var ledger = ReadState(Ledger, "SELECT EXISTS (SELECT 1 FROM ledger)");
        if (FindMismatch(grains, ledger) is { } mismatch)
            throw new InvalidOperationException($"{mismatch}. {Advice}.");
        OwnerOnly.KeepFiles(Grains, Ledger);
        WorkOn(Grains, connectionString => SqliteSchema.ApplyScripts(connectionString, "grains"));
        WorkOn(Ledger, connectionString => Schema = SqliteSchema.ApplyScripts(connectionString, "ledger"));
        if (grains.Id == 0 || ledger.Id == 0) MarkFiles(ledger.Id);
    }

    /// <summary>
    /// What is wrong with the pair of files if no crash can have caused it. The files are made, and later marked, one
    /// after the other: first the schema of the grain state, then that of the ledger, then the ledger's mark, then that
    /// of the grain state. Files of an older Fleet have no mark.
    /// </summary>
    private string? FindMismatch(State grains, State ledger)
    {
        if (ledger.IsNew && (grains.Id != 0 || grains.IsUsed))
            return $"{Ledger} is missing or empty, but {Grains} knows readers, whose payments could be taken twice";
        if (grains.IsNew && (ledger.Id != 0 || ledger.IsUsed))
            return $"{Grains} is missing or empty, but {Ledger} is not, and its readers would be unknown";
        return grains.Id != 0 && grains.Id != ledger.Id
            ? $"{Ledger} and {Grains} are of two different folders, and payments could be taken twice"
            : null;
    }

    /// <summary>Writes the same mark into both files, so that it can be checked that they belong together.</summary>
    private void MarkFiles(int id)
    {
        if (id == 0) id = RandomNumberGenerator.GetInt32(1, int.MaxValue);
        WorkOn(Ledger, connectionString => SqliteSchema.MarkFile(connectionString, id));
        WorkOn(Grains, connectionString => SqliteSchema.MarkFile(connectionString, id));
    }

    private static State ReadState(string path, string isUsed)
    {
        var state = new State(IsNew: true, 0, false);
        if (File.Exists(path) || Directory.Exists(path)) WorkOn(path, connectionString =>
        {
            using var connection = SqliteSchema.OpenConnection(connectionString);
            if (SqliteSchema.QueryNumber(connection, "PRAGMA user_version") == 0) return;
            if (SqliteCheck.FindFault(connection) is { } fault) throw new SqliteException(fault, SqliteDamage.Corrupt);
            state = new(IsNew: false, SqliteSchema.QueryNumber(connection, "PRAGMA application_id"),
                SqliteSchema.QueryNumber(connection, isUsed) == 1);
        });
        return state;
    }

    /// <summary>Runs work on a file; on failure the message is a sentence about this file.</summary>
    private static void WorkOn(string path, Action<string> work)
    {
        try
        {
            work(SqliteSource.ForFile(path).ConnectionString);
        }
        catch (SqliteException e)
        {
            throw new InvalidOperationException(SqliteDamage.IsDamage(e)
                ? $"{path} is damaged ({SqliteDamage.ReasonOf(e)}). {Advice}."
                : $"{path} cannot be used: {SqliteDamage.ReasonOf(e)}. Fleet needs a file there that it may write.", e);
        }
    }

    /// <summary>What is known about a file before it is used.</summary>
    /// <param name="IsNew">Missing or empty: it never had a schema.</param>
    /// <param name="Id">The mark of the folder; 0 for none.</param>
    /// <param name="IsUsed">Whether it has data that must not be lost.</param>
    private readonly record struct State(bool IsNew, int Id, bool IsUsed);
}
