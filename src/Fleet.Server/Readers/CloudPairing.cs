using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Readers;

/// <summary>
/// The pairing of a reader in SumUp's cloud: it begins, is confirmed, is over, and another one follows. An open
/// checkout is no matter of it: the checkout has the id under which it was sent, and is read until its outcome is
/// known.
/// </summary>
internal sealed class CloudPairing(ReaderMemory memory, ReaderJournal journal, TimeProvider time)
{
    /// <summary>
    /// Takes a pairing, or says why not. The ledger is asked first, because an activation that was frozen would not
    /// know of a payment.
    /// </summary>
    public async Task<BindReply> Bind(Reach caller, ReaderProfile wanted, bool dryRun)
    {
        if (memory.Reader is not null)
        {
            await journal.ExpireCheckout();
            await journal.ConfirmMemory();
        }
        var decided = AdoptionRules.TakePairing(memory.Profile, memory.Reader, wanted, caller, time.Now());
        if (!dryRun && decided.Next is { } next) await Save(next, isNew: decided.Kind is Adoption.New);
        return new(decided.Kind, memory.FindSnapshot(caller), decided.Refusal);
    }

    /// <summary>Takes what the cloud's list says of a pairing; false when that changes nothing.</summary>
    public async Task<bool> TakeWord(string cloudReaderId, PairingStatus status)
    {
        if (memory.Profile is not { } profile
            || AdoptionRules.TakeStatus(profile, cloudReaderId, status) is not { } next) return false;
        await Save(next, isNew: false);
        return true;
    }

    public async Task TakeStatus(CloudReaderStatus status)
    {
        var wasGone = memory.Status.Read is { Online: false };
        memory.NoteRead(status);
        if (!wasGone || memory.Status.Read is not { Online: true }) return;
        journal.Note(memory.NoteConnection());
        await memory.SaveStatus();
    }

    private async Task Save(ReaderProfile next, bool isNew)
    {
        if (isNew)
        {
            await memory.SaveAsIs(next);
            memory.Begin(next, new(0, null));
        }
        else await memory.SavePairing(next, anew: next.CloudReaderId != memory.Profile?.CloudReaderId);
        await memory.ShowLine();
    }
}
