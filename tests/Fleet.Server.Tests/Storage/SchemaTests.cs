using Fleet.Server.Storage;
using Fleet.Server.Storage.Postgres;
using Fleet.Server.Storage.Sqlite;

namespace Fleet.Server.Tests;

/// <summary>
/// A program starts on the schema of a newer one if all that is newer only adds. Scripts say so in their first comment.
/// </summary>
[Trait(TestPostgres.Storage, TestPostgres.OfItsOwn)]
public sealed class SchemaTests
{
    private const string Addition = """
        -- A column of tomorrow.
        -- older programs: can
        ALTER TABLE history ADD COLUMN of_tomorrow text;
        """;

    private const string Change = """
        -- older programs: cannot, because they fill the old column only
        ALTER TABLE history RENAME COLUMN of_tomorrow TO of_today;
        """;

    [Theory]
    [InlineData("ledger")]
    [InlineData("fleet")]
    public async Task A_program_starts_on_a_newer_schema_that_only_adds_and_on_no_other(string family)
    {
        var (today, id) = (SchemaScripts.ListScripts(family), Guid.NewGuid());
        var path = Path.Combine(Path.GetTempPath(), $"{id}.db");
        var database = family is "fleet" ? await TestPostgres.Database($"{id}") : $"Data Source={path};Pooling=false";
        try
        {
            Assert.Equal(new(today.Count, today.Count, today.Count), Start());
            Assert.Equal(new(today.Count + 1, today.Count, today.Count + 1), Start(Addition));
            Assert.Equal(new(today.Count + 1, today.Count, today.Count + 1), Start(Addition)); // not run again

            var old = Start();
            Assert.Equal(new(today.Count + 1, today.Count, today.Count), old);
            Assert.Equal($"schema {today.Count + 1}, newer than {today.Count}, the last that this program knows;"
                + " it can use it", old.Describe());

            Assert.Equal(new(today.Count + 2, today.Count + 2, today.Count + 2), Start(Addition, Change));
            var refusal = Assert.Throws<InvalidOperationException>(() => Start(Addition)).Message;
            Assert.Contains($"has schema {today.Count + 2}, which takes a program that knows {today.Count + 2}; this"
                + $" one knows {today.Count + 1}. Start a newer Fleet.", refusal, StringComparison.Ordinal);
        }
        finally
        {
            if (family is "fleet") await TestPostgres.Drop($"{id}");
            foreach (var file in Directory.GetFiles(Path.GetTempPath(), $"{id}.db*")) File.Delete(file);
        }

        SchemaVersion Start(params string[] more)
        {
            if (family is "ledger") return SqliteSchema.ApplyScripts(database, [.. today, .. more]);
            using var source = PostgresSource.OpenPool(database + ";Pooling=false");
            return PostgresSchema.ApplyScripts(source, [.. today, .. more]);
        }
    }

    [Theory]
    [InlineData("-- older programs: can\nSELECT 1", true)]
    [InlineData("-- Why.\n-- And why not.\n-- older programs: can\nSELECT 1", true)]
    [InlineData("-- older programs: cannot, because they read the column\nSELECT 1", false)]
    [InlineData("-- older programs: can not\nSELECT 1", false)]
    [InlineData("SELECT 1;\n-- older programs: can\n", false)]
    [InlineData("SELECT 1", false)]
    public void Only_a_mark_in_the_first_comment_makes_an_addition(string script, bool onlyAdds) =>
        Assert.Equal(onlyAdds, SchemaScripts.OnlyAdds(script));
}
