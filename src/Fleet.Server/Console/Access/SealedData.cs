using System.Security.Cryptography;
using System.Text;
using Fleet.Server.Access;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;

namespace Fleet.Server.Console.Access;

/// <summary>
/// Protects what the libraries of forms and of sign-in give to browsers. It is sealed with the ring that all nodes
/// share, so a form of one node is taken by another one. By default each node would make keys of its own.
/// </summary>
internal sealed class SealedData(Seal seal) : IDataProtectionProvider
{
    public IDataProtector CreateProtector(string purpose) => new Protector(seal, purpose);

    /// <summary>To be called when all libraries that protect something are registered.</summary>
    public static void UseFor(IServiceCollection services)
    {
        // It makes the keys of a node when the node starts.
        var preloads = services.Where(one => one.ServiceType == typeof(IHostedService)
            && one.ImplementationType?.Assembly == typeof(KeyManagementOptions).Assembly).ToList();
        foreach (var preload in preloads) services.Remove(preload);
        services.AddSingleton<IDataProtectionProvider, SealedData>();
    }

    private sealed class Protector(Seal seal, string purpose) : IDataProtector
    {
        public IDataProtector CreateProtector(string more) => new Protector(seal, $"{purpose}\n{more}");

        public byte[] Protect(byte[] plaintext) =>
            Encoding.ASCII.GetBytes(seal.SealText(purpose, Convert.ToBase64String(plaintext)));

        public byte[] Unprotect(byte[] protectedData) =>
            seal.OpenText(purpose, Encoding.ASCII.GetString(protectedData)) is { } text
                ? Convert.FromBase64String(text)
                : throw new CryptographicException("The text was not sealed by a node, or was changed.");
    }
}
