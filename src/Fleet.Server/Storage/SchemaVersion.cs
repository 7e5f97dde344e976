namespace Fleet.Server.Storage;

/// <summary>The schema of a database, beside the one of this program.</summary>
/// <param name="Applied">The number of the last script that the database has run.</param>
/// <param name="Needed">The number of the last script that a program must know, so that it can use it.</param>
/// <param name="Known">The number of the last script that this program knows.</param>
internal sealed record SchemaVersion(int Applied, int Needed, int Known)
{
    /// <summary>Keeps the numbers of the scripts that only add; made before any script is looked for.</summary>
    public const string MakeAdditions =
        "CREATE TABLE IF NOT EXISTS schema_addition (script integer NOT NULL PRIMARY KEY)";

    public const string LastAddition = "SELECT coalesce(max(script), 0) FROM schema_addition";

    /// <summary>Refuses a database that this program cannot use.</summary>
    /// <param name="database">Its name, as the subject of a sentence.</param>
    /// <exception cref="InvalidOperationException">It has run a script that older programs cannot use.</exception>
    public void RefuseNewer(string database)
    {
        if (Needed > Known)
            throw new InvalidOperationException(
                $"{database} has schema {Applied}, which takes a program that knows {Needed}; this one knows {Known}. "
                + "Start a newer Fleet.");
    }

    /// <summary>For people.</summary>
    public string Describe() => Applied <= Known
        ? $"schema {Applied}"
        : $"schema {Applied}, newer than {Known}, the last that this program knows; it can use it";
}
