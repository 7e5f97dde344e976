using System.Data.Common;

namespace Fleet.Server.Storage;

/// <summary>
/// Runs statements that both databases understand, except those of the ledger. The databases differ in how they keep
/// ids and times.
/// </summary>
internal abstract class Database(DbDataSource source)
{
    public abstract Guid ReadId(DbDataReader row, int column);

    public abstract DateTimeOffset ReadTime(DbDataReader row, int column);

    /// <summary>Whether the database has a clock, which all of its nodes share.</summary>
    public virtual bool HasClock => false;

    /// <summary>
    /// At the end of a query: it passes over rows that another transaction changes, where several can change rows at
    /// the same time.
    /// </summary>
    public virtual string SkipLocked => "";

    /// <summary>The time of that clock, or null when there is none.</summary>
    /// <exception cref="LedgerUnavailableException">The database did not answer.</exception>
    public virtual Task<DateTimeOffset?> GetServerTime(CancellationToken cancel) =>
        Task.FromResult<DateTimeOffset?>(null);

    /// <summary>Asks the database how it is; null when it has nothing to say beside its answer.</summary>
    /// <exception cref="LedgerUnavailableException">The database did not answer.</exception>
    public virtual async Task<StorageFigures?> ReadFigures(CancellationToken cancel)
    {
        await ReadRows("SELECT 1", _ => true, cancel);
        return null;
    }

    /// <summary>An id as the database keeps it.</summary>
    protected abstract object WriteId(Guid id);

    /// <summary>A time as the database keeps it.</summary>
    protected abstract object WriteTime(DateTimeOffset time);

    /// <summary>All rows that a statement returns.</summary>
    /// <exception cref="LedgerUnavailableException">The database did not answer.</exception>
    /// <exception cref="OperationCanceledException">At once, even if the database does not hear of it.</exception>
    public Task<IReadOnlyList<T>> ReadRows<T>(
        string sql, Func<DbDataReader, T> read, CancellationToken cancel,
        params (string Name, object? Value)[] parameters) =>
        ReadAll(new(sql, parameters), read, cancel).WaitAsync(cancel);

    /// <summary>
    /// The statement itself is not cancelled, which would hold a thread until the database has heard of it: it ends by
    /// its time-out.
    /// </summary>
    private async Task<IReadOnlyList<T>> ReadAll<T>(
        Statement statement, Func<DbDataReader, T> read, CancellationToken cancel)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancel);
            await using var command = CreateCommand(connection, statement);
            await using var row = await command.ExecuteReaderAsync(CancellationToken.None);
            var rows = new List<T>();
            while (await row.ReadAsync(CancellationToken.None)) rows.Add(read(row));
            return rows;
        }
        catch (DbException e)
        {
            throw new LedgerUnavailableException("The database cannot be read.", e);
        }
    }

    /// <summary>
    /// Runs statements in one transaction. False, and everything is rolled back, when one of them changes no row.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">It is not known whether the transaction was committed.</exception>
    public async Task<bool> ChangeRows(params Statement[] statements)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            foreach (var statement in statements)
            {
                await using var command = CreateCommand(connection, statement);
                command.Transaction = transaction;
                if (await command.ExecuteNonQueryAsync() == 0) return false; // the transaction is rolled back
            }
            await transaction.CommitAsync();
            return true;
        }
        catch (DbException e)
        {
            throw new LedgerUnavailableException("The change failed.", e);
        }
    }

    private DbCommand CreateCommand(DbConnection connection, Statement statement)
    {
        var command = connection.CreateCommand();
        command.CommandText = statement.Sql;
        foreach (var (name, value) in statement.Parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value switch
            {
                null => DBNull.Value,
                Guid id => WriteId(id),
                DateTimeOffset time => WriteTime(time),
                _ => value,
            });
            command.Parameters.Add(parameter);
        }
        return command;
    }
}

/// <summary>A statement with the values of its named parameters.</summary>
internal readonly record struct Statement(string Sql, params (string Name, object? Value)[] Parameters);

internal static class Columns
{
    /// <summary>A text that may be absent.</summary>
    public static string? ReadText(this DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);
}
