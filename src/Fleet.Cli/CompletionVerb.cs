using System.CommandLine;

namespace Fleet.Cli;

/// <summary>The scripts that make a shell complete words of <c>fleet</c> with the Tab key.</summary>
internal static class CompletionVerb
{
    private const string Bash = """
        _fleet() {
          local IFS=$'\n'
          COMPREPLY=($(fleet completion suggest -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
        }
        complete -o default -F _fleet fleet
        """;

    private const string Zsh = """
        #compdef fleet
        _fleet() {
          local -a found
          found=("${(@f)$(fleet completion suggest -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
          compadd -Q -- $found
        }
        compdef _fleet fleet
        """;

    private const string Fish = """
        function __fleet_suggest
          set --local words (commandline --tokenize --cut-at-cursor --current-process)
          fleet completion suggest -- $words[2..] (commandline --current-token --cut-at-cursor) 2>/dev/null
        end
        complete --command fleet --no-files --arguments '(__fleet_suggest)'
        """;

    public static Command BuildCommand(CommandLine line)
    {
        var words = new Argument<string[]>("words") { Arity = ArgumentArity.ZeroOrMore };
        var suggest = line.BuildVerb("suggest", "What could come next.", async session =>
        {
            foreach (var word in await line.SuggestWords(session.GetValue(words), session.Cancel))
                await session.Terminal.PrintLine(word);
        }, words);
        suggest.Hidden = true;
        return CommandLine.BuildGroup("completion", "A script that lets a shell complete what you type.",
            BuildScript(line, "bash", "source <(fleet completion bash)", Bash),
            BuildScript(line, "zsh", "source <(fleet completion zsh)", Zsh),
            BuildScript(line, "fish", "fleet completion fish | source", Fish),
            suggest);
    }

    private static Command BuildScript(CommandLine line, string shell, string use, string script) =>
        line.BuildVerb(shell, $"For {shell}: {use}", session => session.Terminal.PrintLine(script));
}
