using System.Text.Json;
using System.Text.RegularExpressions;
using Fleet.Core.Errors;

namespace Fleet.Core.Tests;

/// <summary>
/// <c>docs/errors.md</c> is made of the catalogue of errors. Where the file differs, the right one is left beside the
/// tests' program.
/// </summary>
public sealed class ErrorReferenceSpecs
{
    [Fact]
    public void The_reference_of_errors_is_what_the_catalogue_says()
    {
        File.WriteAllText(Path.Combine(AppContext.BaseDirectory, "errors.md"), Written());

        Assert.Equal(File.ReadAllText(Path.Combine(Repo.Root, "docs", "errors.md")), Written());
    }

    private static string Written() => $$"""
        # Errors

        All errors that Fleet tells, made of `src/Fleet.Core/Errors` by `ErrorReferenceSpecs`: do not edit. How they
        look is told for [REST](cloud-api.md#errors) and for [gRPC](grpc.md#errors). Programs branch on the code,
        which never changes. It is the same word as `errors.type` over REST, as `reason` over gRPC, in the command
        line, and as the label `code` of [metrics](telemetry.md#metrics).

        - HTTP is the status over REST, and the last part of `type`. A method of gRPC called as JSON has [the status of
          HTTP that belongs to its gRPC status](grpc.md#json): `FAILED_PRECONDITION` is 400 there, also where the
          column HTTP says 409 or 422.
        - An error with "no reason" is told over gRPC by its status alone; the command line shows that status as its
          reason.
        - `UNIMPLEMENTED`, `DEADLINE_EXCEEDED` and `CANCELLED` are told over gRPC only. `UNKNOWN` is told of one item
          among many, and is the label of a start whose caller got `SERVICE_UNAVAILABLE`.
        - A word in braces stands for a value, and `CHECKOUT` or `READER` in a command for an id.
        - Some errors have more than one sentence, for example `BAD_REQUEST`: the table has the most frequent one.
        - Any other status that the web server chooses by itself has HTTP's own words for it, in capitals.

        {{string.Join('\n', ErrorCatalogue.Sections.Select(Section))}}
        """.ReplaceLineEndings("\n");

    private static string Section(ErrorSection section) => $"""
        ## {section.Title}

        | code | HTTP | gRPC | what is told | at the till | operator | developer |
        |---|---|---|---|---|---|---|
        {string.Join('\n', section.Entries.Select(Row))}

        """;

    private static string Row(ErrorEntry entry)
    {
        var code = entry.LegacyCode is { } legacy ? $"`{entry.Code}` (`error_code`: `{legacy}`)" : $"`{entry.Code}`";
        var rpc = JsonNamingPolicy.SnakeCaseUpper.ConvertName($"{entry.Rpc}");
        var reason = entry.Refusal is null && entry != FaultErrors.Unknown ? ", no reason" : "";
        return $"| {code} | {entry.Status} `{entry.Slug}` | `{rpc}`{reason} | {entry.Sentence} "
            + $"| {entry.Till} | {Commands(entry.Operator)} | {entry.Developer} |";
    }

    /// <summary>A terminal quotes commands, a document sets them apart.</summary>
    private static string Commands(string advice) =>
        Regex.Replace(advice, "'(fleet [^']+)'", "`$1`");
}
