using Fleet.Torture.Checking;

namespace Fleet.Torture.SelfTest;

/// <summary>One way to break a run.</summary>
/// <param name="Name">What is broken.</param>
/// <param name="Rules">The rules that must say so, and no others.</param>
/// <param name="Break">Breaks it.</param>
internal sealed record Breakage(string Name, string Rules, Action<Draft> Break);

/// <summary>
/// Runs broken by hand. In every draft sale 0 expires, 1 is terminated, 2 is declined, 3 is too late to be terminated,
/// 4 and 5 are paid; sales 3 and 7 have no key; the reader of a sale is A, B or C in turn. No receiver is told of
/// sales 5 and 11; of the others the receiver takes 0 and 4 at once and 1 at the second time, 2 and 6 fail, for 3 it is
/// gone.
/// </summary>
internal static class Breaks
{
    public static readonly IReadOnlyList<Breakage> All =
    [
        new("a second checkout is accepted before the first one ends", "single open", draft =>
        {
            var (first, second) = (Entry(draft, 1, "cancelled"), Entry(draft, 4, "accepted"));
            draft.Ledger.Remove(second);
            draft.Ledger.Insert(draft.Ledger.IndexOf(first), second);
            draft.Renumber();
        }),
        new("a total counts a payment twice", "totals agree",
            draft => draft.Totals[0] = draft.Totals[0] with { Count = 3 }),
        new("a total is lost", "totals agree", draft => draft.Totals.Clear()),
        new("a version is missing", "single open", draft => Change(draft.Ledger, Entry(draft, 10, Last),
            entry => entry with { Version = entry.Version + 1 })),
        new("a version comes twice", "single open", draft => Change(draft.Ledger, Entry(draft, 4, "succeeded"),
            entry => entry with { Version = entry.Version - 1 })),
        new("a charge without a grant", "single open", draft =>
        {
            draft.Ledger.Remove(Entry(draft, 4, "started"));
            draft.Renumber();
        }),
        new("a checkout starts twice", "single open", draft =>
        {
            draft.Ledger.Insert(draft.Ledger.IndexOf(Entry(draft, 4, "started")), Entry(draft, 4, "started"));
            draft.Renumber();
        }),
        new("a checkout ends twice", "single open", draft =>
        {
            draft.Ledger.Add(Entry(draft, 4, "succeeded"));
            draft.Renumber();
        }),
        new("SumUp confirms a checkout that was not sent to it", "single open", draft =>
        {
            var (started, confirmed) = (Entry(draft, 4, "started"), Entry(draft, 4, "confirmed"));
            draft.Ledger.Remove(confirmed);
            draft.Ledger.Insert(draft.Ledger.IndexOf(started), confirmed);
            draft.Renumber();
        }),
        new("SumUp refuses a checkout that was not sent to it", "single open", draft =>
        {
            draft.Ledger.RemoveAll(entry => entry.Checkout == Draft.RefusedId && entry.Kind is "started");
            draft.Renumber();
        }),
        new("a checkout goes on after SumUp refused it", "single open", draft =>
            draft.Append("rdr_A", "confirmed", Draft.RefusedId)),
        new("what SumUp refused is successful", "every checkout ends, charges agree, sums agree", draft =>
            Change(draft.Checkouts, draft.Checkouts.Single(row => row.Id == Draft.RefusedId),
                row => row with { State = "successful" })),
        new("two checkouts of a reader are open at the end", "single open, every checkout ends", draft =>
        {
            foreach (var sale in new[] { 2, 5 })
            {
                Row(draft, sale, row => row with { State = "started" });
                Forget(draft, sale);
            }
        }),
        new("a checkout never ends", "every checkout ends", draft =>
        {
            var end = draft.Ledger.Last(entry => entry.Checkout == IdOf(11));
            Forget(draft, 11);
            draft.Ledger.Remove(end);
            Row(draft, 11, row => row with { State = "started" });
        }),
        new("the row of a checkout is not what its last entry says", "every checkout ends, one verdict",
            draft => Row(draft, 2, row => row with { State = "cancelled" })),
        new("a reader stays busy for minutes", "bounded busy, told what is so",
            draft => Change(draft.Ledger, Entry(draft, 0, "cancelled"),
            entry => entry with { At = entry.At.AddMinutes(3) })),
        new("a device contradicted the ledger", "no dispute", draft => draft.Append("rdr_B", "disputed", IdOf(4))),
        new("an acknowledged checkout is gone", "201 means stored, honest refusals", draft =>
        {
            draft.Ledger.RemoveAll(entry => entry.Checkout == IdOf(7));
            draft.Checkouts.RemoveAll(row => row.Id == IdOf(7));
            Forget(draft, 7);
            draft.Renumber();
        }),
        new("another amount is stored than was asked for", "201 means stored, one checkout per sale",
            draft => Row(draft, 2, row => row with { Amount = row.Amount + 1 })),
        new("a checkout was accepted before a till asked", "accepted when asked", draft => Change(draft.Ledger,
            Entry(draft, 2, "accepted"), entry => entry with { At = entry.At.AddSeconds(-30) })),
        new("one sale became two checkouts", "one checkout per sale", draft => Extra(draft, "sale-2")),
        new("a checkout that no till asked for", "one checkout per sale", draft => Extra(draft, "ghost")),
        new("a key is stored with another checkout", "one checkout per key", draft => Change(draft.Keys,
            draft.Keys.Single(row => row.Key == "key-4"), row => row with { Checkout = IdOf(5) })),
        new("a key is answered with two checkouts",
            "201 means stored, accepted when asked, one checkout per key", draft =>
            draft.Calls.Add(Start(draft, 4) with { Node = "again", Checkout = IdOf(1) })),
        new("a key was forgotten", "one checkout per key", draft => draft.Keys.RemoveAll(row => row.Key == "key-4")),
        new("busy because of a checkout that was long over", "honest refusals", draft => Change(draft.Calls,
            draft.Calls.Single(call => call.Sale == "busy-4"), call => call with { Checkout = IdOf(1) })),
        new("busy because of another reader's checkout", "honest refusals", draft => Change(draft.Calls,
            draft.Calls.Single(call => call.Sale == "busy-4"), call => call with { Checkout = IdOf(3) })),
        new("a refused sale has a checkout", "enough happened, honest refusals", draft => Change(draft.Calls,
            Start(draft, 7), call => call with { Status = 422, Refusal = "READER_OFFLINE", Checkout = null })),
        new("a final outcome became pending again", "one verdict",
            draft => draft.Calls.Add(
                Read(draft, 2) with { AskedAt = Read(draft, 2).AnsweredAt.AddSeconds(1), Outcome = "pending" })),
        new("a till was told another outcome", "one verdict",
            draft => Change(draft.Calls, Read(draft, 2), call => call with { Outcome = "successful" })),
        new("an accepted checkout was not found", "one verdict",
            draft => Change(draft.Calls, Read(draft, 2), call => call with { Status = 404, Outcome = null })),
        new("a checkout was terminated without a request", "terminated when asked",
            draft => draft.Calls.RemoveAll(call => call.Kind is CallKind.End && call.Checkout == IdOf(1))),
        new("a till was told of a fault in the program", "no fault",
            draft => draft.Calls.Add(Start(draft, 4) with { Sale = "sale-4", Status = 500, Checkout = null })),
        new("the ledger has a success that no card was charged for", "enough happened, charges agree, sums agree",
            draft => Device(draft, 4, device => device with
            {
                Charges = [.. device.Charges.Where(one => one.CheckoutId != IdOf(4))],
            })),
        new("a card was charged twice", "charges agree, sums agree",
            draft => Device(draft, 4, device => device with
            {
                Charges = [.. device.Charges, device.Charges.Single(one => one.CheckoutId == IdOf(4))],
            })),
        new("a card was charged for a cancelled checkout", "charges agree, sums agree",
            draft => Device(draft, 1, device => device with
            {
                Charges = [.. device.Charges, new(IdOf(1), 1, 0, "PLN", default)],
            })),
        new("a card was charged for an unknown checkout", "charges agree, sums agree",
            draft => Device(draft, 1, device => device with
            {
                Charges = [.. device.Charges, new(Guid.Empty, 1, 0, "PLN", default)],
            })),
        new("a cent too much was charged", "charges agree, sums agree", draft => Charge(draft, 4, +1)),
        new("a cent moved from one sale to another", "charges agree", draft =>
        {
            Charge(draft, 3, +1);
            Charge(draft, 5, -1);
        }),
        new("a tip was charged that the ledger does not have", "charges agree, sums agree",
            draft => Device(draft, 4, device =>
            device with { Charges = [.. device.Charges.Select(
                one => one.CheckoutId == IdOf(4) ? one with { Tip = 5 } : one)] })),
        new("a result was never told", "results told", draft => Device(draft, 4, device => device with { Untold = 1 })),
        new("a result was refused", "results told", draft => Device(draft, 4, device => device with { Refused = 1 })),
        new("fewer checkouts than planned", "enough happened", draft => draft.Plan = draft.Plan with { Accepted = 13 }),
        new("fewer charges than planned", "enough happened", draft => draft.Plan = draft.Plan with { Charges = 13 }),
        new("no node was killed", "enough happened", draft => draft.Faults.Clear()),
        new("nothing happened at all", "enough happened", draft =>
        {
            draft.Ledger.Clear();
            draft.Checkouts.Clear();
            draft.Keys.Clear();
            draft.Calls.Clear();
            draft.Devices.Clear();
            draft.Events.Clear();
            draft.Posts.Clear();
        }),
        .. WebhookBreaks.All,
    ];

    public const string Last = "last";

    public static Guid IdOf(int sale) => new(sale + 1, 0, 0, new byte[8]);

    public static Entry Entry(Draft draft, int sale, string kind) =>
        draft.Ledger.Last(entry => entry.Checkout == IdOf(sale) && (kind == Last || entry.Kind == kind));

    private static Call Start(Draft draft, int sale) =>
        draft.Calls.First(call => call.Kind is CallKind.Start && call.Status is 201 && call.Checkout == IdOf(sale));

    private static Call Read(Draft draft, int sale) =>
        draft.Calls.Last(call => call.Kind is CallKind.Read && call.Checkout == IdOf(sale));

    public static void Change<T>(List<T> list, T one, Func<T, T> change) => list[list.IndexOf(one)] = change(one);

    public static void Row(Draft draft, int sale, Func<CheckoutRow, CheckoutRow> change) =>
        Change(draft.Checkouts, draft.Checkouts.Single(row => row.Id == IdOf(sale)), change);

    private static void Device(Draft draft, int sale, Func<DeviceMemory, DeviceMemory> change) =>
        Change(draft.Devices, draft.Devices[sale % draft.Devices.Count], change);

    private static void Charge(Draft draft, int sale, long more) => Device(draft, sale, device => device with
    {
        Charges =
            [.. device.Charges.Select(
                one => one.CheckoutId == IdOf(sale) ? one with { Amount = one.Amount + more } : one)],
    });

    /// <summary>Takes away what the devices, the tills and the receivers know of the end of a checkout.</summary>
    public static void Forget(Draft draft, int sale)
    {
        Device(draft, sale, device => device with
        {
            Charges = [.. device.Charges.Where(one => one.CheckoutId != IdOf(sale))],
        });
        draft.Calls.RemoveAll(call => call.Kind is CallKind.Read && call.Checkout == IdOf(sale));
        draft.Events.RemoveAll(row => row.Id == IdOf(sale));
        draft.Posts.RemoveAll(post => post.Id == IdOf(sale));
        draft.Plan = draft.Plan with { Charges = 0, Events = 0, Retold = 0 };
    }

    /// <summary>One more checkout at the end, as if for a sale.</summary>
    private static void Extra(Draft draft, string sale)
    {
        var like = draft.Checkouts.Single(row => row.Sale == "sale-2");
        draft.Append(like.Reader, "accepted", IdOf(99));
        draft.Append(like.Reader, "cancelled", IdOf(99), "expired");
        draft.Checkouts.Add(like with { Id = IdOf(99), State = "cancelled", Sale = sale, ReturnUrl = null });
    }
}
