using System.CommandLine;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;

namespace Fleet.Cli;

/// <summary>One command that is being carried out: what was asked, whom it asks, and how it answers.</summary>
internal sealed class Session(
    ParseResult parsed, SettingOptions options, Terminal terminal, CancellationToken cancel) : IDisposable
{
    private Settings? _settings;
    private Node? _node;

    /// <summary>Read when they are needed first: not every verb talks to a node.</summary>
    public Settings Settings => _settings ??= options.ReadSettings(parsed, terminal.Environment);

    public Node Node => _node ??= new(Settings);

    public Terminal Terminal => terminal;

    /// <summary>Ctrl-C.</summary>
    public CancellationToken Cancel => cancel;

    public bool Json => options.IsJson(parsed);

    /// <summary>For a call that is answered at once.</summary>
    public CallOptions Call => Node.WithDeadline(cancel);

    public CallOptions Stream => Node.WithoutDeadline(cancel);

    public T? GetValue<T>(Option<T> option) => parsed.GetValue(option);

    public string GetValue(Argument<string> argument) => parsed.GetRequiredValue(argument);

    public string[] GetValue(Argument<string[]> argument) => parsed.GetValue(argument) ?? [];

    /// <summary>An argument that may be missing.</summary>
    public string? FindValue(Argument<string?> argument) => parsed.GetValue(argument);

    /// <summary>A text that may not have been given: gRPC's word for that is the empty one.</summary>
    public string GetText(Option<string> option) => parsed.GetValue(option) ?? "";

    public bool IsGiven(Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Answers with a message: as JSON, or as <paramref name="people"/> read it.</summary>
    public Task PrintAnswer(IMessage message, Func<Task> people) =>
        Json ? terminal.PrintLine(MessageJson.ToText(message)) : people();

    /// <summary>Answers with one line, or a message.</summary>
    public Task PrintAnswer(IMessage message, string line) =>
        PrintAnswer(message, () => terminal.PrintLine(Terminal.ToPlainText(line)));

    /// <summary>Answers with rows, or a message.</summary>
    public Task PrintAnswer(IMessage message, IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows) =>
        PrintAnswer(message, () => terminal.PrintTable(heads, rows));

    /// <summary>Answers with a document that is no message, or as people read it.</summary>
    public Task PrintAnswer(Action<Utf8JsonWriter> document, Func<Task> people) =>
        Json ? terminal.PrintLine(MessageJson.ToText(document)) : people();

    /// <summary>What is no result: a hint, or how far something is.</summary>
    public Task PrintHint(string line) =>
        Json ? Task.CompletedTask : terminal.Error.WriteLineAsync(Terminal.ToPlainText(line));

    /// <summary>The time now.</summary>
    public DateTimeOffset Now => terminal.Time.GetUtcNow();

    public void Dispose() => _node?.Dispose();
}
