using System.CommandLine;
using System.Globalization;
using Grpc.Core;
using Grpc.Health.V1;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>Checks everything between this terminal and the readers, and says how to repair what is wrong.</summary>
internal static class DoctorVerb
{
    public static Command BuildCommand(CommandLine line)
    {
        var operations = OptionFactory.CreateText("--operations", "address",
            "Also look at the operations port there, for example "
            + "http://127.0.0.1:9090.");
        return line.BuildVerb("doctor",
            "Check the node, the key, the clock, the cluster and the readers.",
            session => new Examination(session).RunChecks(session.GetValue(operations)), operations);
    }

    private enum Finding
    {
        Ok,
        Warning,
        Failed,
    }

    private sealed record Check(string Name, Finding Finding, string Message, string Next = "");

    private sealed class Examination(Session session)
    {
        private const int MaxProblems = 20;

        /// <summary>
        /// A clock that is off by more than this gets a warning; receivers refuse webhooks when it is off by minutes.
        /// </summary>
        private static readonly TimeSpan MaxSkew = TimeSpan.FromSeconds(2), SoonOver = TimeSpan.FromDays(14);

        private readonly List<Check> _checks = [];
        private Failure? _broken;

        public async Task<int> RunChecks(string? operations)
        {
            AddCheck("address", Finding.Ok, $"{session.Settings.Url}, with the key of {session.Settings.KeySource}");
            if (await TryCheck("node", LookAtNode) && await TryCheck("key", LookAtKey))
                await TryCheck("fleet", LookAtFleet);
            if (operations is not null) await LookAtOperations(operations);
            await session.PrintAnswer(WriteJson, PrintChecks);
            return _broken?.ExitCode
                ?? (_checks.Exists(check => check.Finding is Finding.Failed) ? ExitCode.Refused : ExitCode.Done);
        }

        private void AddCheck(string name, Finding finding, string message, string next = "") =>
            _checks.Add(new(name, finding, message, next));

        private async Task<bool> TryCheck(string name, Func<Task> look)
        {
            try
            {
                await look();
                return true;
            }
            catch (RpcException e) when (!session.Cancel.IsCancellationRequested)
            {
                var failure = Failure.FromRpc(e, session.Settings);
                AddCheck(name, Finding.Failed, failure.Message,
                    failure.Next.Replace(" 'fleet doctor' looks closer.", ""));
                if (failure.ExitCode is ExitCode.NoAccess) _broken ??= failure;
                return false;
            }
        }

        private async Task LookAtNode()
        {
            using var call = session.Node.Health.CheckAsync(new(), session.Call);
            var health = await call;
            var serves = health.Status is HealthCheckResponse.Types.ServingStatus.Serving;
            AddCheck("node", serves ? Finding.Ok : Finding.Failed, serves ? "it answers, and takes work"
                : $"it answers, and says {health.Status}", serves ? "" : "It starts or stops; ask again in a moment.");
            LookAtTls();
            LookAtClock((await call.ResponseHeadersAsync).GetValue("date"));
        }

        private void LookAtTls()
        {
            var url = session.Settings.Url;
            if (session.Node.Certificate is { } certificate)
            {
                var left = certificate.NotAfter.ToUniversalTime() - session.Now.UtcDateTime;
                AddCheck("tls", left > SoonOver ? Finding.Ok : Finding.Warning,
                    $"the certificate is good for {left.ToText()}",
                    left > SoonOver ? "" : "Replace it; the node reads the files again by itself.");
            }
            else if (url.IsLoopback) AddCheck("tls", Finding.Ok, "none, and none is needed on this machine");
            else AddCheck("tls", Finding.Warning, "none: the key can be read on the way", "Set GrpcUrl to https.");
        }

        private void LookAtClock(string? date)
        {
            if (!DateTimeOffset.TryParse(date, CultureInfo.InvariantCulture, out var there)) return;
            var skew = (session.Now - there).Duration();
            AddCheck("clock", skew < MaxSkew ? Finding.Ok : Finding.Warning,
                skew < MaxSkew ? "the node's clock and this one agree" : $"the node's clock and this one differ by "
                + skew.ToText(), skew < MaxSkew ? "" : "Set both by NTP.");
        }

        private async Task LookAtKey()
        {
            var key = await session.Node.Keys.SelfAsync(new(), session.Call);
            var name = key.Name.Length > 0 ? key.Name : key.KeyId;
            AddCheck("key", Finding.Ok, $"{name} for {KeyVerbs.DescribeReach(key)}: {string.Join(' ', key.Scopes)}");
            if (key.MerchantCode.Length == 0 && session.Settings.Merchant is null)
                AddCheck("merchant", Finding.Warning, "no merchant is named, and the key is for the whole chain",
                    "Most verbs need one: --merchant, or FLEET_MERCHANT.");
        }

        private async Task LookAtFleet()
        {
            var status = await session.Node.Status.GetAsync(new(), session.Call);
            var well = status.Nodes.All(node => node.State is "active");
            AddCheck("cluster", well ? Finding.Ok : Finding.Warning,
                $"{Display.CountOf(status.Nodes.Count, "node")}: {StatusVerb.FormatNodes(status.Nodes)}",
                well ? "" : "Nodes come or go; ask again in a minute.");
            foreach (var row in status.Rows.Where(row => row.Error.Length > 0).Take(MaxProblems))
                AddCheck("store", Finding.Failed, $"{row.Store} does not answer: {row.Error}",
                    "Ask again in a moment; if it stays so, look at the log of the nodes.");
            var readers = status.Readers;
            AddCheck("readers", Finding.Ok,
                $"{readers.Total} in {Display.CountOf(status.Stores, "store")}: {readers.Free} "
                + $"free, {readers.Busy} busy, {readers.Offline} offline, {readers.Unpaired} unpaired, "
                + $"{readers.Silent} silent"
                + (readers.Unknown > 0 ? $", {readers.Unknown} unknown" : ""));
            foreach (var problem in status.Problems.Take(MaxProblems))
                AddCheck("reader", Finding.Warning, StatusVerb.DescribeProblem(problem), NextOf(problem));
        }

        private static string NextOf(Proto.ReaderProblem problem) => problem.Problem switch
        {
            "checkout_open_long" => $"See which: 'fleet readers watch {problem.ReaderId}', then 'fleet why'.",
            "pairing_expired" => $"'fleet readers unpair {problem.ReaderId}', and pair the device again.",
            "pairing_replaced" => $"'fleet readers unpair {problem.ReaderId}': it is not needed any more.",
            "offline" => "See whether it has power and a network.",
            "battery_low" => "Put it into its cradle.",
            _ => "",
        };

        private async Task LookAtOperations(string address)
        {
            if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
                throw Failure.WrongUsage("--operations must be an address that begins with http:// or https://.");
            using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false })
            {
                BaseAddress = url, Timeout = session.Settings.Timeout,
            };
            foreach (var path in new[] { "/health/live", "/health/ready", "/metrics" })
            {
                try
                {
                    using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), session.Cancel);
                    var well = answer.IsSuccessStatusCode;
                    // without metrics only a warning: an installation may do without them
                    var bad = path is "/metrics" ? Finding.Warning : Finding.Failed;
                    AddCheck($"operations {path}", well ? Finding.Ok : bad,
                        $"answers {(int)answer.StatusCode}", well ? "" : "Is this the node's OperationsUrl?");
                }
                catch (Exception e) when (e is HttpRequestException or TaskCanceledException
                    && !session.Cancel.IsCancellationRequested)
                {
                    AddCheck($"operations {path}", Finding.Failed, e.GetBaseException().Message,
                        "Is this the node's OperationsUrl, and is it reachable from here?");
                }
            }
        }

        private async Task PrintChecks()
        {
            foreach (var (name, finding, message, next) in _checks)
            {
                await session.Terminal.PrintLine(Terminal.ToPlainText($"{WordOf(finding),-8}{name}: {message}"));
                if (next.Length > 0) await session.Terminal.PrintLine($"        {next}");
            }
        }

        private void WriteJson(System.Text.Json.Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteStartArray("checks");
            foreach (var (name, finding, message, next) in _checks)
            {
                json.WriteStartObject();
                json.WriteString("check", name);
                json.WriteString("finding", WordOf(finding));
                json.WriteString("message", message);
                json.WriteString("next", next);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }

        private static string WordOf(Finding finding) => finding switch
        {
            Finding.Ok => "ok",
            Finding.Warning => "warning",
            _ => "failed",
        };
    }
}
