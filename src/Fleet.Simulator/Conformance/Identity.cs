using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>Who the device is, as the played Fleet knows it.</summary>
internal sealed class Identity
{
    /// <summary>The longest credential that a device must keep; Fleet's have 43 characters.</summary>
    private const int CredentialLength = 128;

    private (string Id, string Credential)? _reader;
    private int _pairings;

    public bool IsPaired => _reader is not null;

    /// <summary>The reader that the device is paired as.</summary>
    public string ReaderId => _reader?.Id ?? throw new InvalidOperationException("The device is not paired.");

    /// <summary>The last hello without a credential; null before one.</summary>
    public Hello? Unpaired { get; private set; }

    /// <summary>Makes the frame that pairs the device as another reader.</summary>
    public Paired MakeReader(string name, string merchant)
    {
        _pairings++;
        return new($"rdr_0123456789ABCDEFGHJKMNPQR{_pairings % 10}", name, merchant,
            $"credential-{_pairings}".PadRight(CredentialLength, '_'));
    }

    /// <summary>Takes the hello that confirms a pairing.</summary>
    public void Confirm(Hello hello, Paired paired)
    {
        if (hello.ReaderId != paired.ReaderId || hello.Credential != paired.Credential)
            throw new RuleBrokenException("The hello after paired has not the reader id and the credential of paired.");
        Adopt(hello);
    }

    /// <summary>Takes the reader that a hello names, whichever it is.</summary>
    public void Adopt(Hello hello) =>
        _reader = hello is { ReaderId: { } readerId, Credential: { } credential }
            ? (readerId, credential)
            : throw new RuleBrokenException("A hello has a credential and no reader id.");

    /// <summary>Checks that a hello of a new connection names the same reader.</summary>
    public void CheckSame(Hello hello)
    {
        if (hello.ReaderId == _reader?.Id && hello.Credential == _reader?.Credential) return;
        throw new RuleBrokenException("The hello of the new connection has not the reader id and the credential.");
    }

    /// <summary>Takes the hello of a device that must have forgotten its pairing.</summary>
    public Hello Forget(Hello hello)
    {
        if (hello.Credential is not null || hello.ReaderId is not null)
            throw new RuleBrokenException("After unpaired the device still says hello with a credential.");
        _reader = null;
        return Unpaired = hello;
    }
}
