using System.CommandLine;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;

namespace Fleet.Cli;

/// <summary>One command while it runs: its arguments, the node it calls, and its output.</summary>
internal sealed class Session(
    ParseResult parsed, SettingOptions options, Terminal terminal, CancellationToken cancel) : IDisposable
{
    /// <summary>Names standard input in the place of a file.</summary>
    public const string StandardInput = "-";

    private Settings? _settings;
    private Node? _node;

    /// <summary>Read when first needed, because not every verb calls a node.</summary>
    public Settings Settings => _settings ??= options.ReadSettings(parsed, terminal.Environment);

    public Node Node => _node ??= new(Settings);

    public Terminal Terminal => terminal;

    /// <summary>Cancelled by Ctrl-C.</summary>
    public CancellationToken Cancel => cancel;

    public bool Json => options.IsJson(parsed);

    /// <summary>Options of a call that is answered at once.</summary>
    public CallOptions Call => Node.WithDeadline(cancel);

    public CallOptions Stream => Node.WithoutDeadline(cancel);

    /// <summary>The merchant that the command is about: the one that was named, or that of the key.</summary>
    /// <exception cref="Failure">A key of the whole chain named none.</exception>
    public async Task<string> FindMerchant()
    {
        var code = Settings.Merchant ?? (await Node.Keys.SelfAsync(new(), Call)).MerchantCode;
        return code.Length > 0
            ? code
            : throw Failure.WrongUsage("This key is for the whole chain.", "Name the merchant with --merchant.");
    }

    /// <summary>Asks whether to go on, unless <paramref name="yes"/> was given.</summary>
    /// <exception cref="Failure">The answer was no, or no one is there to be asked.</exception>
    public async Task Confirm(string question, Option<bool> yes)
    {
        if (GetValue(yes)) return;
        if (!terminal.CanAsk) throw Failure.WrongUsage(question, $"If that is meant, say {yes.Name}.");
        var answer = await terminal.AskPerson($"{question} [y/N]", cancel);
        if (!answer.Equals("y", StringComparison.OrdinalIgnoreCase)
            && !answer.Equals("yes", StringComparison.OrdinalIgnoreCase))
            throw Failure.WrongUsage("Nothing was done.");
    }

    public T? GetValue<T>(Option<T> option) => parsed.GetValue(option);

    public string GetValue(Argument<string> argument) => parsed.GetRequiredValue(argument);

    public string[] GetValue(Argument<string[]> argument) => parsed.GetValue(argument) ?? [];

    /// <summary>An argument that may be missing.</summary>
    public string? FindValue(Argument<string?> argument) => parsed.GetValue(argument);

    /// <summary>A text that may not have been given; then the result is the empty text, as in gRPC.</summary>
    public string GetText(Option<string> option) => parsed.GetValue(option) ?? "";

    /// <summary>All of a file, or of standard input.</summary>
    /// <exception cref="Failure">The file cannot be read.</exception>
    public string ReadText(string file, string option) =>
        file == StandardInput ? terminal.In.ReadToEnd() : Files.ReadText(file, option);

    /// <summary>A key or another secret in a file, or in standard input.</summary>
    /// <exception cref="Failure">The file cannot be read.</exception>
    public string ReadSecret(string file, string option) => ReadText(file, option).Trim();

    public bool IsGiven(Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Prints a message: as JSON, or in the form for people that <paramref name="people"/> prints.</summary>
    public Task PrintAnswer(IMessage message, Func<Task> people) =>
        Json ? terminal.PrintLine(MessageJson.ToText(message)) : people();

    /// <summary>Prints one line, or the message as JSON.</summary>
    public Task PrintAnswer(IMessage message, string line) =>
        PrintAnswer(message, () => terminal.PrintLine(Terminal.ToPlainText(line)));

    /// <summary>Prints rows, or the message as JSON.</summary>
    public Task PrintAnswer(IMessage message, IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows) =>
        PrintAnswer(message, () => terminal.PrintTable(heads, rows));

    /// <summary>Prints a document as JSON, or in the form for people.</summary>
    public Task PrintAnswer(Action<Utf8JsonWriter> document, Func<Task> people) =>
        Json ? terminal.PrintLine(MessageJson.ToText(document)) : people();

    /// <summary>Prints to the error stream what is not part of the result: a hint, or the progress.</summary>
    public Task PrintHint(string line) =>
        Json ? Task.CompletedTask : terminal.Error.WriteLineAsync(Terminal.ToPlainText(line));

    /// <summary>The time now.</summary>
    public DateTimeOffset Now => terminal.Time.GetUtcNow();

    public void Dispose() => _node?.Dispose();
}
