using Fleet.Core;
using Fleet.Core.Retention;
using Fleet.Server.Retention;

namespace Fleet.Server.Storage;

/// <summary>The last runs of the retention, in SQL that both databases understand.</summary>
internal sealed class SqlRetentionRuns(Database database) : IRetentionRuns
{
    private const string Note = """
        INSERT INTO retention_run (kind, at, node, exported, removed, problem)
        VALUES (@kind, @at, @node, @exported, @removed, @problem)
        ON CONFLICT (kind) DO UPDATE SET at = excluded.at, node = excluded.node, exported = excluded.exported,
            removed = excluded.removed, problem = excluded.problem
        """;

    public async Task<IReadOnlyDictionary<RetentionKind, RetentionRun>> ListLast(CancellationToken cancel)
    {
        var runs = await database.ReadRows(
            "SELECT kind, at, node, exported, removed, problem FROM retention_run",
            row => (Kind: SnakeCase.FindMember<RetentionKind>(row.GetString(0)), Run: new RetentionRun(
                database.ReadTime(row, 1), row.GetString(2), row.GetInt64(3), row.GetInt64(4), row.ReadText(5))),
            cancel);
        return runs.Where(one => one.Kind is not null) // a newer node knows more kinds
            .ToDictionary(one => one.Kind ?? default, one => one.Run);
    }

    public Task NoteRun(RetentionKind kind, RetentionRun run) => database.ChangeRows(new Statement(Note,
        ("kind", kind.ToWireName()), ("at", run.At), ("node", run.Node), ("exported", run.Exported),
        ("removed", run.Removed), ("problem", run.Problem)));
}
