using Fleet.Simulator;
using Fleet.Torture.Checking;

namespace Fleet.Torture.SelfTest;

/// <summary>
/// An invented run, made from a seed so that all sides of it agree, and open to be changed: the checker must find no
/// error in it, and must find every change.
/// </summary>
internal sealed class Draft
{
    private const int Sales = 12, Retries = 2;

    private const string Url = "http://till.test/outcomes";

    private static readonly string[] ReaderIds = ["rdr_A", "rdr_B", "rdr_C"];

    /// <summary>The checkout that SumUp's cloud did not take.</summary>
    public static readonly Guid RefusedId = new(Sales + 1, 0, 0, new byte[8]);

    private static readonly TotalRow SomeTotal =
        new("MTILL001", "2026-11-23", "default", "EUR", "successful", 2, 2_500, 0);

    private readonly Random _dice;
    private DateTimeOffset _now = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

    public Draft(int seed)
    {
        _dice = new(seed);
        foreach (var reader in ReaderIds) Devices.Add(new($"SERIAL-{reader}", reader, []));
        for (var sale = 0; sale < Sales; sale++) Sell(ReaderIds[sale % ReaderIds.Length], sale);
        Refuse(ReaderIds[0]);
        Faults.Add(new(FaultKind.NodeKilled, "node1", _now));
        Plan = new()
        {
            Accepted = Sales, Charges = Devices.Sum(device => device.Charges.Count), Readers = ReaderIds.Length,
            Repeats = Calls.Count(call => call.Kind is CallKind.Start && call.Node == "again"),
            Busy = Calls.Count(call => call.Refusal is "READER_BUSY"),
            Events = Events.Count, Retold = Posts.Count - Events.Count, Retries = Retries,
            Faults = new Dictionary<FaultKind, int> { [FaultKind.NodeKilled] = 1 },
        };
    }

    public List<Entry> Ledger { get; } = [];

    public List<CheckoutRow> Checkouts { get; } = [];

    public List<KeyRow> Keys { get; } = [];

    public List<Call> Calls { get; } = [];

    public List<EventRow> Events { get; } = [];

    public List<Post> Posts { get; } = [];

    /// <summary>One total is enough: the rule compares rows.</summary>
    public List<TotalRow> Totals { get; } = [SomeTotal];

    public List<DeviceMemory> Devices { get; } = [];

    public List<Fault> Faults { get; } = [];

    public Plan Plan { get; set; }

    public History ToHistory() => new()
    {
        Plan = Plan, Ledger = Ledger, Checkouts = Checkouts, Keys = Keys, Calls = Calls, Devices = Devices,
        Faults = Faults,
        Events = Events, Posts = Posts, Totals = Totals, Counted = [SomeTotal],
    };

    /// <summary>Appends to the ledger of a reader.</summary>
    public void Append(string reader, string kind, Guid checkout, string? reason = null, DateTimeOffset? at = null) =>
        Ledger.Add(
            new(reader, Ledger.Count(entry => entry.Reader == reader) + 1, kind, checkout, at ?? _now,
                "node:1", reason));

    /// <summary>Gives the entries of each reader their versions anew, in the order of the list.</summary>
    public void Renumber()
    {
        var next = new Dictionary<string, long>();
        for (var i = 0; i < Ledger.Count; i++)
        {
            var reader = Ledger[i].Reader;
            Ledger[i] = Ledger[i] with { Version = next[reader] = next.GetValueOrDefault(reader) + 1 };
        }
    }

    /// <summary>
    /// One sale from the first request to the last read; its course is random, except for the first few.
    /// </summary>
    private void Sell(string reader, int number)
    {
        var id = new Guid(number + 1, 0, 0, new byte[8]);
        var key = number % 4 == 3 ? null : $"key-{number}";
        var sale = new Call
        {
            Kind = CallKind.Start, Sale = $"sale-{number}", Reader = reader, Node = "first", Key = key,
            Currency = number % 2 == 0 ? "EUR" : "PLN", Amount = 1_000 + _dice.Next(1_000), AskedAt = Later(),
            AnsweredAt = _now,
        };
        Calls.Add(
            key is null ? sale with { Status = 422, Refusal = "READER_OFFLINE", Sale = $"offline-{number}" } : sale);
        var asked = Later();
        Append(reader, "accepted", id);
        if (key is not null) Keys.Add(new(key, id));
        Calls.Add(sale with
        {
            Node = key is null ? "first" : "again",
            AskedAt = asked,
            AnsweredAt = Later(),
            Status = 201,
            Checkout = id,
        });
        Calls.Add(sale with
        {
            Sale = $"busy-{number}",
            Key = null,
            AskedAt = Later(),
            AnsweredAt = _now,
            Status = 422,
            Refusal = "READER_BUSY",
            Checkout = id,
        });
        Look(sale, id, "pending");
        var state = End(sale, id, number < 6 ? number : _dice.Next(6));
        var row = new CheckoutRow(id, reader, state, sale.Sale, sale.Currency ?? "", sale.Amount,
            ClientId: new(number + 1, 1, 0, new byte[8]), ReturnUrl: number % 6 == 5 ? null : Url);
        Checkouts.Add(row);
        Look(sale, id, state);
        if (row.ReturnUrl is not null) Tell(row, number % 4);
    }

    /// <summary>A sale that SumUp's cloud did not take: its till is told so at once, and no receiver is.</summary>
    private void Refuse(string reader)
    {
        var call = new Call
        {
            Kind = CallKind.Start, Sale = "sale-refused", Reader = reader, Node = "first", Currency = "EUR",
            Amount = 700, AskedAt = Later(), AnsweredAt = _now.AddSeconds(1), Status = 422,
            Refusal = "PROVIDER_REFUSED",
        };
        Calls.Add(call);
        Append(reader, "accepted", RefusedId);
        Append(reader, "started", RefusedId);
        Append(reader, "refused", RefusedId, "refused_by_provider");
        Checkouts.Add(new(RefusedId, reader, "cancelled", call.Sale, "EUR", call.Amount,
            ClientId: new(Sales + 1, 1, 0, new byte[8]), ReturnUrl: Url));
    }

    private string End(Call sale, Guid id, int way)
    {
        switch (way)
        {
            case 0: // never started
                _now += TimeSpan.FromSeconds(60);
                Append(sale.Reader, "cancelled", id, "expired");
                return "cancelled";
            case 1: // terminated before it started
                Calls.Add(sale with
                {
                    Kind = CallKind.End,
                    AskedAt = Later(),
                    AnsweredAt = Later(),
                    Status = 202,
                    Checkout = id,
                });
                Append(sale.Reader, "cancelled", id, "terminated");
                return "cancelled";
        }
        Later();
        Append(sale.Reader, "started", id);
        Later();
        if (way == 2)
        {
            Append(sale.Reader, "failed", id, "declined");
            return "failed";
        }
        if (way == 3) // too late to terminate
        {
            Calls.Add(sale with
            {
                Kind = CallKind.End,
                AskedAt = Later(),
                AnsweredAt = Later(),
                Status = 202,
                Checkout = id,
            });
            Append(sale.Reader, "terminate_requested", id);
        }
        if (way == 4) // SumUp's cloud took a while to answer
        {
            Append(sale.Reader, "doubted", id);
            Append(sale.Reader, "confirmed", id);
        }
        var device = Devices.FindIndex(one => one.Reader == sale.Reader);
        var charge = new Charge(id, sale.Amount, 0, sale.Currency ?? "", Later());
        Devices[device] = Devices[device] with { Charges = [.. Devices[device].Charges, charge] };
        Later();
        Append(sale.Reader, "succeeded", id);
        return "successful";
    }

    /// <summary>Tells a receiver the outcome; the receivers behave in turn.</summary>
    private void Tell(CheckoutRow row, int way)
    {
        (string State, int Failures, int?[] Answers) told = way switch
        {
            0 => ("delivered", 0, [200]),
            1 => ("delivered", 0, [null, 200]), // the node died over the first one
            2 => ("dead", Retries + 1, [500, 500, 500]),
            _ => ("dead", 1, [410]),
        };
        var hash = $"hash-{row.Id:N}";
        Events.Add(new(row.Id, row.ClientId, Url, told.State, told.Answers.Length, told.Failures, hash));
        Posts.AddRange(told.Answers.Select(answer => new Post
        {
            At = Later(), Id = row.Id, BodyHash = hash, BodyId = row.Id, ClientId = row.ClientId, Answered = answer,
            Status = row.State is "successful" ? "successful" : "failed",
            Reason = Ledger.Last(entry => entry.Checkout == row.Id).Reason,
        }));
    }

    private void Look(Call sale, Guid id, string outcome) => Calls.Add(sale with
    {
        Kind = CallKind.Read,
        AskedAt = Later(),
        AnsweredAt = Later(),
        Status = 200,
        Checkout = id,
        Outcome = outcome,
    });

    private DateTimeOffset Later() => _now += TimeSpan.FromMilliseconds(_dice.Next(200, 2_500));
}
