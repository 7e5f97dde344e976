using System.Reflection;
using System.Text.RegularExpressions;
using Fleet.Core.Errors;

namespace Fleet.Core.Tests;

public sealed class ErrorCatalogueSpecs
{
    /// <summary>They are told over gRPC only, and as its status: their words are in no answer.</summary>
    private static readonly string[] StatusOfRpcOnly = ["UNIMPLEMENTED", "DEADLINE_EXCEEDED", "CANCELLED"];

    /// <summary>The device gets no answer in this case, as EvidenceTests checks.</summary>
    private static readonly string[] ToldToNoCaller = ["CLAIM_TOO_SOON"];

    private static readonly SourceFile[] TestsOfAnswers =
        [.. Repo.Source("tests/Fleet.Server.Tests").Concat(Repo.Source("tests/Fleet.Torture"))];

    private static readonly Lazy<string>
        CodeOfTests = new(() => string.Join('\n', TestsOfAnswers.Select(file => file.Code))),
        StringsOfTests = new(() => string.Join('\n', TestsOfAnswers.SelectMany(file => file.Strings)));

    public static TheoryData<string> Words => [.. ErrorCatalogue.All.Select(entry => entry.Code)];

    public static TheoryData<string> WordsOfAnswers =>
        [.. ErrorCatalogue.All.Select(entry => entry.Code).Except(ToldToNoCaller)];

    public static TheoryData<RefusalCode> Codes => [.. Enum.GetValues<RefusalCode>()];

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_refusal_code_has_one_error_of_its_own(RefusalCode code)
    {
        Assert.Equal(code, ErrorCatalogue.Of(code).Refusal);
        Assert.Single(ErrorCatalogue.All, entry => entry.Refusal == code);
    }

    [Fact]
    public void A_code_of_a_newer_version_is_an_internal_error() =>
        Assert.Equal("INTERNAL_ERROR", ErrorCatalogue.Of((RefusalCode)int.MaxValue).Code);

    [Fact]
    public void Every_public_word_is_given_to_one_error_only()
    {
        var words = ErrorCatalogue.Sections.SelectMany(section => section.Entries).Select(entry => entry.Code).ToList();

        Assert.Equal(words.Distinct(), words);
    }

    [Fact]
    public void Every_error_that_has_a_name_is_in_the_list()
    {
        var named = typeof(ErrorCatalogue).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(ErrorCatalogue).Namespace)
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Where(field => field.FieldType == typeof(ErrorEntry))
            .Select(field => field.GetValue(null))
            .ToList();

        Assert.NotEmpty(named);
        Assert.Empty(named.Except(ErrorCatalogue.All));
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void Every_public_word_is_written_in_capitals_and_underscores(string word) =>
        Assert.Matches("^[A-Z]+(_[A-Z]+)*$", word);

    [Theory]
    [MemberData(nameof(WordsOfAnswers))]
    public void Every_public_word_is_named_by_a_test_of_answers(string word)
    {
        var (told, tests) = StatusOfRpcOnly.Contains(word)
            ? ($"StatusCode.{Entry(word).Rpc}", CodeOfTests.Value)
            : (word, StringsOfTests.Value);

        Assert.True(Names(tests, told), $"No test of the server or of torture gets {told}: add one.");
    }

    [Theory]
    [InlineData("Refused(\"READER_BUSY\");", true)]
    [InlineData("Answer($$\"\"\"{ \"code\": \"READER_BUSY\" }\"\"\");", true)]
    [InlineData("Refused(\"NO_READER_BUSY\");", false)]
    [InlineData("Wait(); // until \"READER_BUSY\" is told", false)]
    [InlineData("/// <summary>READER_BUSY</summary>", false)]
    [InlineData("/* \"READER_BUSY\" */", false)]
    public void A_comment_about_a_word_is_no_test_of_it(string code, bool named) =>
        Assert.Equal(named, Names(string.Join('\n', SourceFile.Of("x.cs", code).Strings), "READER_BUSY"));

    [Theory]
    [MemberData(nameof(Words))]
    public void Every_error_says_what_each_of_three_readers_does(string word)
    {
        var entry = Entry(word);

        Assert.All([entry.Till, entry.Operator, entry.Developer], advice =>
        {
            Assert.Matches("^['A-Z-].+[.]$", advice);
            Assert.DoesNotContain(". ", advice, StringComparison.Ordinal); // one sentence
        });
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void Every_error_has_a_status_a_slug_and_a_sentence(string word)
    {
        var entry = Entry(word);

        Assert.InRange(entry.Status, 400, 599);
        Assert.True(Enum.IsDefined(entry.Rpc));
        Assert.Matches("^[a-z]+(-[a-z]+)*$", entry.Slug);
        Assert.NotEmpty(entry.Title);
        Assert.EndsWith(".", entry.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void What_a_refusal_names_completes_the_sentence_told(RefusalCode code)
    {
        var told = ErrorCatalogue.Of(new Refusal(
            code, Fields: [new("name", "is required")], Counts: new(3, 4), Wait: TimeSpan.FromSeconds(12.3),
            Reader: new("rdr_1", "Lane 1")));

        Assert.DoesNotMatch("[{}]", told.Sentence);
        Assert.Equal(ErrorCatalogue.Of(code).Code, told.Code);
    }

    [Fact]
    public void The_sentence_about_a_device_names_reader_and_wait() =>
        Assert.Equal(
            "This device was connected as reader \"Lane {seconds}\" less than 60 s ago. "
                + "Pair it again in 13 s, or delete that reader.",
            ErrorCatalogue.Of(Refusal.DeviceJustGone(new("rdr_1", "Lane {seconds}"), TimeSpan.FromSeconds(12.3)))
                .Sentence);

    [Fact]
    public void A_word_of_another_version_is_found_nowhere() =>
        Assert.Null(ErrorCatalogue.Find("READER_ASLEEP"));

    [Fact]
    public void The_table_is_the_only_place_for_public_words()
    {
        var words = string.Join('|', ErrorCatalogue.All.Select(entry => entry.Code).Where(word => word.Contains('_')));
        var offences = Repo.Source("src/Fleet.Server").Concat(Repo.Source("src/Fleet.Core"))
            .Where(file => !file.Path.StartsWith("src/Fleet.Core/Errors/", StringComparison.Ordinal))
            .SelectMany(
                file => Regex.Matches(file.Text, $"\"({words})\"").Select(found => $"{file.Path} {found.Value}"));

        Assert.Empty(offences);
    }

    private static bool Names(string text, string word) => Regex.IsMatch(text, $@"\b{Regex.Escape(word)}\b");

    private static ErrorEntry Entry(string word) =>
        ErrorCatalogue.Find(word) ?? throw new InvalidOperationException($"{word} is not in the catalogue.");
}
