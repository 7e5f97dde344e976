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
    public Settings Settings => _settings ??= options.Read(parsed, terminal.Environment);

    public Node Node => _node ??= new(Settings);

    public Terminal Terminal => terminal;

    /// <summary>Ctrl-C.</summary>
    public CancellationToken Cancel => cancel;

    public bool Json => options.IsJson(parsed);

    /// <summary>For a call that is answered at once.</summary>
    public CallOptions Call => Node.Call(cancel);

    public CallOptions Stream => Node.Stream(cancel);

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public string Get(Argument<string> argument) => parsed.GetRequiredValue(argument);

    public string[] Get(Argument<string[]> argument) => parsed.GetValue(argument) ?? [];

    /// <summary>An argument that may be missing.</summary>
    public string? Find(Argument<string?> argument) => parsed.GetValue(argument);

    /// <summary>A text that may not have been given: gRPC's word for that is the empty one.</summary>
    public string Text(Option<string> option) => parsed.GetValue(option) ?? "";

    public bool Has(Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Answers with a message: as JSON, or as <paramref name="people"/> read it.</summary>
    public Task Answer(IMessage message, Func<Task> people) =>
        Json ? terminal.Say(MessageJson.Text(message)) : people();

    /// <summary>Answers with one line, or a message.</summary>
    public Task Answer(IMessage message, string line) => Answer(message, () => terminal.Say(Terminal.Plain(line)));

    /// <summary>Answers with rows, or a message.</summary>
    public Task Answer(IMessage message, IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows) =>
        Answer(message, () => terminal.Say(heads, rows));

    /// <summary>Answers with a document that is no message, or as people read it.</summary>
    public Task Answer(Action<Utf8JsonWriter> document, Func<Task> people) =>
        Json ? terminal.Say(MessageJson.Text(document)) : people();

    /// <summary>What is no result: a hint, or how far something is.</summary>
    public Task Hint(string line) => Json ? Task.CompletedTask : terminal.Error.WriteLineAsync(Terminal.Plain(line));

    /// <summary>The time now.</summary>
    public DateTimeOffset Now => terminal.Time.GetUtcNow();

    public void Dispose() => _node?.Dispose();
}
